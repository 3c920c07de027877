import Foundation

/// The share of the machine that this process may use: in a container that is less than there is.
public struct ProcessLimits: Sendable, Hashable {
    /// At least 1. A part of a processor counts as one.
    public let processors: Int
    /// In bytes.
    public let memory: Int

    public init(processors: Int, memory: Int) {
        self.processors = processors
        self.memory = memory
    }

    /// The limits at the moment of the first access.
    public static let current = ProcessLimits(.own)

    init(_ groups: ControlGroups) {
        let quota = groups.processors.map { Int($0.rounded(.up)) }
        // Foundation counts those that the process may run on (sched_setaffinity(2)), and knows no quota of version 2.
        processors = max(1, min(quota ?? .max, ProcessInfo.processInfo.activeProcessorCount))
        let limits = [groups.memory, Self.addressSpace].compactMap { $0.flatMap(Int.init(exactly:)) }
        memory = min(limits.min() ?? .max, Int(clamping: ProcessInfo.processInfo.physicalMemory))
    }

    /// The limit of `ulimit -v`; `nil` for no limit.
    private static var addressSpace: Double? {
        var limit = rlimit()
        guard getrlimit(__rlimit_resource_t(RLIMIT_AS.rawValue), &limit) == 0, limit.rlim_cur != rlim_t.max else {
            return nil
        }
        return Double(limit.rlim_cur)
    }
}
