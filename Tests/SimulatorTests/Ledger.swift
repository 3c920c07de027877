import Endpoints
import RPC

/// A call by its number.
struct Work: Payload {
    static let schema = Schema.object(.required("number", .integer(example: 1), "The call's number."))

    let number: Int
}

enum SimulatedContract: Contract {
    static let name = "simulated"
    static let version = "1.0.0"
    static let summary = "Made for simulations."

    static let read = Endpoint<Work, Work>("read", .get, "/read", access: .open, summary: "May be repeated.")
    static let write = Endpoint<Work, Work>("write", .post, "/write", access: .open, summary: "Must run once at most.")

    static let endpoints = EndpointList {
        read
        write
    }
}

/// A value that is set later.
final class Later<Value>: @unchecked Sendable {
    var value: Value?
}

/// Its calls take a while, and leave an entry in the ledger.
actor SimulatedService: Service {
    nonisolated let process = Later<SimulatedProcess>()
    private let ledger: Ledger

    init(_ ledger: Ledger) { self.ledger = ledger }

    nonisolated var handlers: Handlers {
        Handlers {
            handle(SimulatedContract.read) { work, _ in try await self.run(work) }
            handle(SimulatedContract.write) { work, _ in try await self.run(work) }
        }
    }

    private func run(_ work: Work) async throws -> Work {
        try await Task.sleep(for: .milliseconds(Double.random(in: 0...1) * .random(in: 0...20)))
        await process.value?.untilThawed()
        guard process.value?.isAlive == true else { throw CancellationError() }
        try Task.checkCancellation()
        ledger.ran(work.number)
        try await Task.sleep(for: .milliseconds(Double.random(in: 0...5)))
        return work
    }
}

/// The fate of every call, and the rules for it.
final class Ledger: @unchecked Sendable {
    struct Entry {
        let isWrite: Bool
        let start: ContinuousClock.Instant
        let deadline: ContinuousClock.Instant
        var runs = 0
        var reply: Reply?
        var time = Duration.zero

        /// True if it has ended with its deadline, which server and client know by the millisecond.
        var hasUsedItsTime: Bool { start + time > deadline - .milliseconds(5) }

        var hasSucceeded: Bool {
            if case .success? = reply { true } else { false }
        }

        var problem: Problem? {
            if case .failure(let problem)? = reply { problem } else { nil }
        }
    }

    private let world: World
    private(set) var entries: [Entry] = []

    /// The time after its deadline within which a call ends.
    private static let tolerance = Duration.milliseconds(50)

    init(_ world: World) { self.world = world }

    /// Sends a call, and checks its reply.
    func call(_ caller: any Caller, isWrite: Bool, timeout: Duration) async {
        let number = entries.count
        let start = ContinuousClock.now
        entries.append(Entry(isWrite: isWrite, start: start, deadline: start + timeout))
        let endpoint = isWrite ? SimulatedContract.write : SimulatedContract.read
        let name = SimulatedContract.name + "." + endpoint.description.name
        guard let body = try? PayloadCoder.encode(Work(number: number)) else { world.fail("\(number) is not written") }
        let reply = await caller.call(Call(name, body: body, timeout: timeout), endpoint.description)
        entries[number].reply = reply
        entries[number].time = start.duration(to: .now)
        world.record(number, reply.status)
        check(number, reply)
    }

    private func check(_ number: Int, _ reply: Reply) {
        let entry = entries[number]
        world.require(
            .now <= entry.deadline + Self.tolerance,
            "call \(number) ends \(entry.deadline.duration(to: .now)) after its deadline")
        switch reply {
        case .success(_, let body, _):
            let work = try? PayloadCoder.output(Work.self, from: body)
            world.require(work?.number == number, "call \(number) gets the reply of \(work?.number ?? -1)")
            world.require(entry.runs > 0, "call \(number) has succeeded and was not run")
        case .failure(let problem):
            world.require(
                [.unavailable, .notReady, .deadlineExceeded, .overloaded, .tooManyRequests].contains(problem.kind),
                "call \(number) ends with \(problem)")
        }
    }

    func ran(_ number: Int) {
        entries[number].runs += 1
        world.record(number)
        let entry = entries[number]
        world.require(!entry.isWrite || entry.runs == 1, "the write \(number) runs twice")
        world.require(.now <= entry.deadline + Self.tolerance, "call \(number) runs after its deadline")
    }

    /// Checks what holds once everything has ended.
    func close() {
        for (number, entry) in entries.enumerated() {
            world.require(entry.reply != nil, "call \(number) has not ended")
            world.require(
                !entry.isWrite || entry.runs == 0 || entry.problem?.isUnprocessed != true,
                "the write \(number) has run, and its caller was told that it had not")
        }
    }
}
