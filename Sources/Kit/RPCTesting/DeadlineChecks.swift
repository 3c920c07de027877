import Endpoints
import RPC
import Testing

enum DeadlineChecks {
    static let checks = [
        ConformanceCheck("A deadline ends the call in time, and cancels its handler", slow),
        ConformanceCheck("A deadline ends the call in time though its handler goes on", stubborn),
        ConformanceCheck("A deadline that has passed keeps the handler from running", late),
        ConformanceCheck("A deadline is the caller's, or else the endpoint's, and never too long", bounded),
        ConformanceCheck("A deadline of a call holds for the calls that it causes", inherited),
    ]

    private static let late = Problem(.deadlineExceeded, "The time for the call is over.")
    private static let unbegun = Problem(
        .deadlineExceeded, "The time for the call is over.", isUnprocessed: true)

    /// The time that remains crosses the wires in whole milliseconds.
    private static let inTime = Duration.milliseconds(-2)...(.milliseconds(50))

    /// The time that a call took beyond its deadline, the best of five: a busy machine may be slow now and then, code that is
    /// slow is so each time.
    private static func overrun<Output>(
        _ rig: ConformanceRig, _ endpoint: Endpoint<Empty, Output>, _ timeout: Duration
    ) async -> Duration {
        var best = Duration.seconds(60)
        for _ in 0..<5 where best > .milliseconds(50) {
            let start = ContinuousClock.now
            let problem = await rig.send(endpoint, timeout: timeout, received: start).problem
            best = min(best, start.duration(to: .now) - timeout)
            #expect(problem == Self.late && problem?.status == 504 && problem?.kind.code == "deadline_exceeded")
        }
        return best
    }

    static func slow(_ rig: ConformanceRig) async throws {
        let overrun = await overrun(rig, TrialContract.slow, .milliseconds(120))
        #expect(Self.inTime.contains(overrun))
        #expect(await rig.service.next() == .started("slow"))
        #expect(await rig.service.next() == .cancelled)
    }

    static func stubborn(_ rig: ConformanceRig) async throws {
        let overrun = await overrun(rig, TrialContract.stubborn, .milliseconds(120))
        #expect(Self.inTime.contains(overrun))
        #expect(await rig.service.next() == .started("stubborn"))
        await rig.service.release()
        try await #expect(rig.client.call(TrialContract.nothing) == Empty())
    }

    static func late(_ rig: ConformanceRig) async throws {
        let start = ContinuousClock.now
        let problem = await rig.send(
            TrialContract.nothing, timeout: .milliseconds(500), received: start - .seconds(1)
        ).problem
        #expect(problem == Self.unbegun)
        // The next call on the same way finds no trace of it.
        try await #expect(rig.client.call(TrialContract.context).endpoint == "trial.context")
        #expect(!rig.replies.contains { $0.status == 200 && $0.endpoint == "trial.nothing" })
    }

    static func bounded(_ rig: ConformanceRig) async throws {
        for (timeout, limit) in [(nil, 1000), (Duration.milliseconds(700), 700), (.seconds(90), 30_000)] {
            let left = try await rig.client.call(TrialContract.context, timeout: timeout).remaining
            #expect(left > 0 && left <= limit)
        }
    }

    static func inherited(_ rig: ConformanceRig) async throws {
        let context = CallContext(endpoint: "a.b", deadline: .now + .milliseconds(600))
        let answer = try await rig.client.call(TrialContract.context, in: context, timeout: .seconds(20))
        let left = answer.remaining
        #expect(left > 0 && left <= 600)
        let over = CallContext(endpoint: "a.b", deadline: .now - .milliseconds(1))
        await #expect(throws: Self.unbegun) { try await rig.client.call(TrialContract.nothing, in: over) }
    }
}
