import Foundation

/// The processes on both sides of a wire, by their ids; the same one twice if client and server share it.
public struct Processes: Sendable {
    /// The ids of those that call.
    public let callers: [Int32]
    /// The ids of those that serve.
    public let servers: [Int32]

    /// - Parameter callers: this process by default.
    public init(callers: [Int32]? = nil, servers: [Int32]) {
        self.callers = callers ?? [getpid()]
        self.servers = servers
    }

    /// Time of processors that all of them have taken since they began.
    ///
    /// - Returns: `nil` if one of them cannot be asked, or no server is known.
    public var processorTime: Duration? {
        guard !servers.isEmpty else { return nil }
        var total = Duration.zero
        for process in Set(callers + servers) {
            var clock = clockid_t()
            var time = timespec()
            guard clock_getcpuclockid(process, &clock) == 0, clock_gettime(clock, &time) == 0 else { return nil }
            total += .seconds(time.tv_sec) + .nanoseconds(time.tv_nsec)
        }
        return total
    }

    /// The servers' memory; `nil` if one of them cannot be asked, or none is known.
    public var memory: Memory? {
        servers.isEmpty ? nil : Memory(servers)
    }
}

/// Memory that is resident, in bytes.
public struct Memory: Sendable, Equatable {
    /// All of it.
    public let resident: Int
    /// Of which no file holds a copy.
    public let anonymous: Int

    init?(_ processes: [Int32]) {
        var (resident, anonymous) = (0, 0)
        for process in processes {
            guard let status = try? String(contentsOfFile: "/proc/\(process)/status", encoding: .utf8),
                let all = Self.bytes("VmRSS", in: status), let own = Self.bytes("RssAnon", in: status)
            else { return nil }
            resident += all
            anonymous += own
        }
        self.resident = resident
        self.anonymous = anonymous
    }

    /// A line of it reads `VmRSS:     28344 kB`.
    static func bytes(_ field: String, in status: String) -> Int? {
        status.split(separator: "\n").first { $0.hasPrefix(field + ":") }?
            .split(whereSeparator: \.isWhitespace).dropFirst().first.flatMap { Int($0) }.map { $0 * 1024 }
    }
}

/// A peer's first line: who it is.
public struct WorkerHello: Codable, Sendable {
    /// The name in the table.
    public let name: String
    /// Of what is measured, such as `grpc-swift 2.4.3`.
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
