import Foundation

extension Prometheus {
    /// Adds what Prometheus' client libraries say of a process: its processor time, memory, descriptors and start, as
    /// `/proc/self` has them (proc(5)). Elsewhere than on Linux there is nothing to add.
    public func observeProcess() {
        guard ProcessStatus() != nil else { return }
        let metrics: [(String, ObservedMetric.MetricType, @Sendable (ProcessStatus) -> Double)] = [
            ("process_cpu_seconds_total", .counter, { $0.processorTime }),
            ("process_resident_memory_bytes", .gauge, { $0.residentBytes }),
            ("process_virtual_memory_bytes", .gauge, { $0.virtualBytes }),
            ("process_start_time_seconds", .gauge, { $0.startTime }),
            ("process_threads", .gauge, { $0.threads }),
        ]
        for (name, kind, value) in metrics { observe(name, kind) { ProcessStatus().map(value) ?? .nan } }
        observe("process_open_fds", .gauge) { Self.openDescriptors }
        observe("process_max_fds", .gauge) { Self.maxDescriptors }
    }

    /// A sentence about each metric of ``observeProcess()``.
    public static let processHelp = [
        "process_cpu_seconds_total": "Processor time of the process, user and system.",
        "process_resident_memory_bytes": "Memory of the process that is in RAM.",
        "process_virtual_memory_bytes": "Address space of the process.",
        "process_start_time_seconds": "The start of the process, in seconds since 1970.",
        "process_threads": "Threads of the process.",
        "process_open_fds": "Open descriptors.",
        "process_max_fds": "The limit of open descriptors.",
    ]

    private static var openDescriptors: Double {
        // Less the one that lists them.
        Double(((try? FileManager.default.contentsOfDirectory(atPath: "/proc/self/fd").count) ?? 1) - 1)
    }

    private static var maxDescriptors: Double {
        var limit = rlimit()
        getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
        return limit.rlim_cur == .max ? .infinity : Double(limit.rlim_cur)
    }
}

/// `/proc/self/stat`.
private struct ProcessStatus {
    let processorTime: Double
    let threads: Double
    let startTime: Double
    let virtualBytes: Double
    let residentBytes: Double

    init?() {
        // The name of the program, in parentheses, may hold anything.
        guard let stat = try? String(contentsOfFile: "/proc/self/stat", encoding: .isoLatin1),
            let end = stat.lastIndex(of: ")")
        else { return nil }
        let fields = stat[stat.index(after: end)...].split(separator: " ").map { Double($0) ?? 0 }
        guard fields.count > 21, let boot = Self.bootTime else { return nil }
        let ticks = Double(sysconf(Int32(_SC_CLK_TCK)))
        // The third field of the manual's list is the first here.
        processorTime = (fields[11] + fields[12]) / ticks
        threads = fields[17]
        startTime = boot + fields[19] / ticks
        virtualBytes = fields[20]
        residentBytes = fields[21] * Double(sysconf(Int32(_SC_PAGESIZE)))
    }

    /// In seconds since 1970.
    private static let bootTime: Double? = {
        guard let stat = try? String(contentsOfFile: "/proc/stat", encoding: .utf8) else { return nil }
        return stat.split(separator: "\n").first { $0.hasPrefix("btime ") }.flatMap { Double($0.dropFirst(6)) }
    }()
}
