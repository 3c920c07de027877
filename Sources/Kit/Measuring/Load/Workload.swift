/// The load that every subject gets alike.
public struct Workload: Sendable, Hashable {
    /// Bytes that each call carries there and back; 0 for the smallest call that a subject has.
    public let payload: Int
    /// The number of calls that may be in flight at a time.
    public let callers: Int
    /// Calls a second, of all callers together: an open loop, in which calls are due whether or not the last one is
    /// back. `nil` for back to back: each caller calls again as soon as it has its answer.
    public let callsPerSecond: Double?

    /// A load; the parameters are the properties.
    public init(payload: Int = 0, callers: Int = 1, callsPerSecond: Double? = nil) {
        self.payload = payload
        self.callers = callers
        self.callsPerSecond = callsPerSecond
    }
}

extension Workload {
    /// Calls for a while, and waits for the last answer.
    ///
    /// - Parameters:
    ///   - time: how long calls are begun.
    ///   - isolation: the actor on whose executor the callers run: a service calls from the thread that owns its socket.
    ///     `nil` for the shared pool.
    ///   - call: makes one call. What it throws counts as a failure, and its time does not count.
    public func run(
        for time: Duration, isolation: isolated (any Actor)? = #isolation,
        _ call: @escaping @Sendable () async throws -> Void
    ) async -> Sample {
        let start = ContinuousClock.now
        let tasks = (0..<callers).map { caller in
            let schedule = Schedule(self, caller: caller, from: start, for: time)
            // Naming it keeps the task on the actor.
            return Task {
                _ = isolation
                return await CallCounts.of(schedule, call)
            }
        }
        var tallies: [CallCounts] = []
        for task in tasks { tallies.append(await task.value) }
        // Paced calls may all be back before their time is over.
        let elapsed = max(start.duration(to: .now), callsPerSecond == nil ? .zero : time)
        var sample = Sample()
        for tally in tallies { sample.add(tally) }
        sample.elapsed = elapsed
        return sample
    }
}

/// The observations of one caller.
struct CallCounts: Sendable {
    var times: [Duration] = []
    var failures = 0

    static func of(_ schedule: Schedule, _ call: @Sendable () async throws -> Void) async -> CallCounts {
        var schedule = schedule
        var tally = CallCounts()
        while let start = await schedule.next() {
            do {
                try await call()
                tally.times.append(start.duration(to: .now))
            } catch {
                tally.failures += 1
            }
        }
        tally.failures += schedule.unsent
        return tally
    }
}

/// The observations of a subject under a load, for a while.
public struct Sample: Sendable {
    /// The times of the calls that succeeded.
    public var latencies = Latencies()
    /// Calls that were refused, lost, or due and never begun.
    public var failures = 0
    /// From the first call to the last answer.
    public var elapsed = Duration.zero
    /// Time of processors that both sides took together; `nil` if it cannot be known.
    public var processorTime: Duration?

    /// A sample without calls.
    public init() {}

    mutating func add(_ tally: CallCounts) {
        for time in tally.times { latencies.record(time) }
        failures += tally.failures
    }
}
