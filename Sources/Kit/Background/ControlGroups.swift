import Foundation

/// The share of the machine that this process may use: in a container that is less than there is.
public struct ProcessLimits: Sendable, Hashable {
    /// At least 1. A part of a processor counts as one.
    public let processors: Int
    /// In bytes.
    public let memory: Int

    /// Limits that are known, as for tests: a number of processors, and memory in bytes.
    public init(processors: Int, memory: Int) {
        self.processors = processors
        self.memory = memory
    }

    /// The limits at the first access.
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

/// The limits of the control groups that this process is in (cgroups(7)), of version 1, version 2 or both.
///
/// A group lies in others, each of which may have limits of its own: the narrowest holds.
struct ControlGroups {
    /// A hierarchy of groups as it is mounted.
    private struct Hierarchy {
        let isVersion2: Bool
        /// The controllers of version 1.
        let controllers: [Substring]
        /// The group that the mount shows at its root.
        let root: Substring
        let mountPoint: Substring
    }

    private let memberships: [[Substring]]
    private let hierarchies: [Hierarchy]

    /// - Parameters:
    ///   - memberships: `/proc/self/cgroup`.
    ///   - mounts: `/proc/self/mountinfo`.
    init(memberships: String, mounts: String) {
        self.memberships = memberships.split(separator: "\n").map {
            $0.split(separator: ":", maxSplits: 2, omittingEmptySubsequences: false)
        }
        hierarchies = mounts.split(separator: "\n").compactMap(Self.hierarchy(mount:))
    }

    /// Those of this process.
    static var own: ControlGroups {
        ControlGroups(
            memberships: text(of: "/proc/self/cgroup") ?? "", mounts: text(of: "/proc/self/mountinfo") ?? "")
    }

    /// The processors whose time the groups may use together; `nil` for no limit.
    var processors: Double? {
        let quotas = directories(of: "cpu").compactMap { isVersion2, directory -> Double? in
            let quota =
                if isVersion2 {
                    Self.numbers(directory + "/cpu.max")
                } else {
                    Self.numbers(directory + "/cpu.cfs_quota_us") + Self.numbers(directory + "/cpu.cfs_period_us")
                }
            guard quota.count == 2, let time = quota[0], let period = quota[1], time > 0, period > 0 else { return nil }
            return time / period
        }
        return quotas.min()
    }

    /// The memory that the groups may use, in bytes; `nil` for no limit.
    var memory: Double? {
        let limits = directories(of: "memory").flatMap { isVersion2, directory in
            let files = isVersion2 ? ["memory.max", "memory.high"] : ["memory.limit_in_bytes"]
            return files.compactMap { Self.numbers("\(directory)/\($0)").first ?? nil }
        }
        return limits.min()
    }

    /// The directories of the groups that the process is in, from the outermost that can be seen.
    private func directories(of controller: String) -> [(isVersion2: Bool, path: String)] {
        memberships.flatMap { membership -> [(Bool, String)] in
            guard membership.count == 3 else { return [] }
            let isVersion2 = membership[1].isEmpty
            guard isVersion2 || membership[1].split(separator: ",").contains(controller[...]) else { return [] }
            let found = hierarchies.first {
                isVersion2 ? $0.isVersion2 : $0.controllers.contains(controller[...])
            }
            guard let found else { return [] }
            return Self.levels(found, membership[2]).map { (isVersion2, $0) }
        }
    }

    /// The mount point, and below it each group on the way to this one. A group that the mount does not show is not
    /// below it.
    private static func levels(_ hierarchy: Hierarchy, _ group: Substring) -> [String] {
        let root = hierarchy.root == "/" ? "" : hierarchy.root
        var path = String(hierarchy.mountPoint)
        var levels = [path]
        guard group == root || group.hasPrefix(root + "/") else { return levels }
        for name in group.dropFirst(root.count).split(separator: "/") where name != ".." {
            path += "/" + name
            levels.append(path)
        }
        return levels
    }

    /// A line of `mountinfo`: `36 35 0:31 ROOT MOUNT-POINT OPTIONS … - TYPE SOURCE SUPER-OPTIONS` (proc(5)).
    private static func hierarchy(mount line: Substring) -> Hierarchy? {
        let fields = line.split(separator: " ")
        guard let dash = fields.firstIndex(of: "-"), dash >= 6, fields.count > dash + 3 else { return nil }
        let type = fields[dash + 1]
        guard type == "cgroup" || type == "cgroup2" else { return nil }
        return Hierarchy(
            isVersion2: type == "cgroup2", controllers: fields[dash + 3].split(separator: ","), root: fields[3],
            mountPoint: fields[4])
    }

    /// The numbers that a file holds; `nil` in place of a word, such as `max`. Nothing if there is no such file.
    private static func numbers(_ path: String) -> [Double?] {
        (text(of: path) ?? "").split(whereSeparator: \.isWhitespace).map { Double($0) }
    }

    /// Files of `/proc` and `/sys` do not say how long they are.
    private static func text(of path: String) -> String? {
        guard let bytes = try? FileHandle(forReadingAtPath: path)?.readToEnd() else { return nil }
        return String(decoding: bytes, as: UTF8.self)
    }
}
