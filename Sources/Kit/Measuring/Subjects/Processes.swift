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
    /// The part of which no file holds a copy.
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
