/// A peer's first line: who it is.
public struct WorkerHello: Codable, Sendable {
    /// The name in the table.
    public let name: String
    /// The version of the subject, such as `grpc-swift 2.4.3`.
    public let version: String
    /// The ids of the processes that call and that serve.
    public let callers: [Int32]
    /// The ids of the processes that serve.
    public let servers: [Int32]

    /// A greeting; the parameters are the properties.
    public init(name: String, version: String, callers: [Int32], servers: [Int32]) {
        self.name = name
        self.version = version
        self.callers = callers
        self.servers = servers
    }
}

/// A turn that a peer is to take: ``Workload`` and how long.
public struct WorkerCommand: Codable, Sendable {
    /// The bytes that each call carries.
    public let payload: Int
    /// The number of callers at a time.
    public let callers: Int
    /// Not there for back to back.
    public let callsPerSecond: Double?
    /// The length of the turn.
    public let milliseconds: Double

    enum CodingKeys: String, CodingKey {
        case payload, callers, milliseconds
        case callsPerSecond = "calls_per_second"
    }

    /// A turn under a load.
    public init(_ load: Workload, for time: Duration) {
        payload = load.payload
        callers = load.callers
        callsPerSecond = load.callsPerSecond
        milliseconds = time / .milliseconds(1)
    }

    /// The load of the turn.
    public var load: Workload { Workload(payload: payload, callers: callers, callsPerSecond: callsPerSecond) }
    /// The length of the turn.
    public var time: Duration { .milliseconds(milliseconds) }
}

/// The observations of a peer in its turn: ``Sample``.
public struct WorkerResult: Codable, Sendable {
    /// From the first call to the last answer, in nanoseconds.
    public let elapsed: UInt64
    /// The number of calls that failed.
    public let failures: Int
    /// Each time that occurred, in nanoseconds, with how often it did.
    public let times: [[UInt64]]

    enum CodingKeys: String, CodingKey {
        case elapsed = "elapsed_ns"
        case failures
        case times = "times_ns"
    }

    /// The result that says what a sample holds.
    public init(_ sample: Sample) {
        elapsed = UInt64(sample.elapsed / .nanoseconds(1))
        failures = sample.failures
        times = sample.latencies.pairs
    }

    /// The sample that the result says.
    public var sample: Sample {
        var sample = Sample()
        sample.latencies = Latencies(pairs: times)
        sample.failures = failures
        sample.elapsed = .nanoseconds(Int64(clamping: elapsed))
        return sample
    }
}
