import Background
import Foundation
import Measuring
import RPC
import Synchronization
import ZeroMQTransport

/// A blocking connection on which requests are replied to in their order.
protocol Pipeline: ~Copyable {
    /// From now on messages are as long as ours with so many bytes of payload.
    mutating func prepare(_ payload: Int)

    mutating func send() throws

    /// Waits for a reply; `nil` for as long as it takes.
    ///
    /// - Returns: true if one has come.
    mutating func receive(within time: Duration?) throws -> Bool
}

extension Workload {
    /// Like `run(for:)`, but on this thread and without a task: callers are requests in flight.
    func run(for time: Duration, over pipe: inout some Pipeline & ~Copyable) throws -> Sample {
        pipe.prepare(payload)
        let start = ContinuousClock.now
        var sample = Sample()
        var window = Window(self, from: start, for: time)
        while true {
            let turn = window.turn(at: .now)
            if case .call(let from) = turn {
                try pipe.send()
                window.starts.append(from)
            } else if !window.isEmpty {
                guard try pipe.receive(within: turn.timeout) else { continue }
                sample.latencies.record(window.removeFirst().duration(to: .now))
            } else if case .wait(let due) = turn {
                Self.sleep(until: due)
            } else {
                break
            }
        }
        sample.failures = window.schedule.unsent
        sample.elapsed = max(start.duration(to: .now), callsPerSecond == nil ? .zero : time)
        return sample
    }

    private static func sleep(until due: ContinuousClock.Instant) {
        let (seconds, attoseconds) = ContinuousClock.now.duration(to: due).components
        var time = timespec(tv_sec: Int(max(seconds, 0)), tv_nsec: Int(max(attoseconds, 0) / 1_000_000_000))
        nanosleep(&time, nil)
    }
}

/// Requests in flight.
private struct Window {
    var schedule: Schedule
    var starts: [ContinuousClock.Instant] = []
    private var first = 0
    private let size: Int
    /// True if there was no room at the last check.
    private var wasFull = false

    init(_ load: Workload, from start: ContinuousClock.Instant, for time: Duration) {
        size = load.callers
        // All callers are this one.
        schedule = Schedule(Workload(callers: 1, callsPerSecond: load.callsPerSecond), from: start, for: time)
    }

    var isEmpty: Bool { first == starts.count }

    /// The action that is due now; to wait without end if there is no room.
    mutating func turn(at now: ContinuousClock.Instant) -> Schedule.CallerAction {
        guard starts.count - first < size else {
            wasFull = true
            return .end
        }
        let turn = schedule.action(at: now, wasBusy: wasFull)
        wasFull = false
        return turn
    }

    mutating func removeFirst() -> ContinuousClock.Instant {
        defer { first += 1 }
        return starts[first]
    }
}

extension Schedule.CallerAction {
    /// The time until the next call is due; `nil` for no limit.
    fileprivate var timeout: Duration? {
        guard case .wait(let due) = self else { return nil }
        return max(ContinuousClock.now.duration(to: due), .zero)
    }
}

/// A transport beneath the kit, timed on a thread that blocks.
final class BaselineTarget<Pipe: Pipeline & ~Copyable>: BenchmarkTarget {
    let name: String
    let processes: Processes
    private let server: PipedProcess
    private let pipe: Mutex<Pipe>

    init(_ wire: Wire, server: PipedProcess, over pipe: consuming sending Pipe) {
        name = wire.title
        processes = Processes(servers: [server.id])
        self.server = server
        self.pipe = Mutex(pipe)
    }

    func run(_ load: Workload, for time: Duration) async throws -> Sample {
        try await Blocking.run {
            Result { try self.pipe.withLock { try load.run(for: time, over: &$0) } }
        }.get()
    }

    func close() async {
        await server.end()
    }
}

/// The lengths of the frames of the kit's messages, in bytes, so that the baselines carry the same.
struct MessageSizes {
    static let preamble = Preamble.size
    /// The status.
    static let replyHead = 4
    /// `{"current_time":"2026-11-23T12:00:00+00:00"}`
    static let smallReplyBody = 44

    let requestHead: Int
    let requestBody: Int

    init(_ payload: Int) {
        var head = Headers("resource.current_time")
        head.add(.token, String(repeating: "x", count: 330))
        head.add(.traceparent, TraceContext.root().header)
        requestHead = head.bytes.count
        requestBody = payload == 0 ? 2 : payload + #"{"text":""}"#.utf8.count
    }

    /// An echo is as long as what came, and all else is the time.
    static func replyBody(_ requestBody: Int) -> Int { requestBody > 2 ? requestBody : smallReplyBody }

    static let maxSize = 2 << 20
}
