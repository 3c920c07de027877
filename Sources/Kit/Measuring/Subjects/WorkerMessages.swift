/// A peer's first line: who it is.
public struct WorkerHello: Codable, Sendable {
    public let name: String
    /// Of what is measured, such as `grpc-swift 2.4.3`.
    public let version: String
    /// The ids of the processes that call and that serve.
    public let callers: [Int32]
    public let servers: [Int32]

    public init(name: String, version: String, callers: [Int32], servers: [Int32]) {
        self.name = name
        self.version = version
        self.callers = callers
        self.servers = servers
    }
}

/// A turn that a peer is to take: ``Load`` and how long.
public struct WorkerCommand: Codable, Sendable {
    public let payload: Int
    public let callers: Int
    /// Not there for back to back.
    public let callsPerSecond: Double?
    public let milliseconds: Double

    enum CodingKeys: String, CodingKey {
        case payload, callers, milliseconds
        case callsPerSecond = "calls_per_second"
    }

    public init(_ load: Load, for time: Duration) {
        payload = load.payload
        callers = load.callers
        callsPerSecond = load.callsPerSecond
        milliseconds = time / .milliseconds(1)
    }

    public var load: Load { Load(payload: payload, callers: callers, callsPerSecond: callsPerSecond) }
    public var time: Duration { .milliseconds(milliseconds) }
}

/// The observations of a peer in its turn: ``Sample``.
public struct WorkerResult: Codable, Sendable {
    /// From the first call to the last answer, in nanoseconds.
    public let elapsed: UInt64
    public let failures: Int
    /// Each time that occurred, in nanoseconds, with how often it did.
    public let times: [[UInt64]]

    enum CodingKeys: String, CodingKey {
        case elapsed = "elapsed_ns"
        case failures
        case times = "times_ns"
    }

    public init(_ sample: Sample) {
        elapsed = UInt64(sample.elapsed / .nanoseconds(1))
        failures = sample.failures
        times = sample.latencies.pairs
    }

    public var sample: Sample {
        var sample = Sample()
        sample.latencies = Latencies(pairs: times)
        sample.failures = failures
        sample.elapsed = .nanoseconds(Int64(clamping: elapsed))
        return sample
    }
}
