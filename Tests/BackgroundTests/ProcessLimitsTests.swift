import Foundation
import Testing

@testable import Background

@Suite("The limits of a process")
struct ProcessLimitsTests {
    /// A tree of control groups in a directory, as a system mounts it.
    private final class Groups {
        let root = FileManager.default.temporaryDirectory.appending(path: "groups-\(UUID().uuidString)")

        /// - Parameter files: their texts, by their paths below the root.
        init(_ files: [String: String]) throws {
            for (path, text) in files {
                let file = root.appending(path: path)
                try FileManager.default.createDirectory(
                    at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
                try Data((text + "\n").utf8).write(to: file)
            }
        }

        deinit {
            try? FileManager.default.removeItem(at: root)
        }

        /// - Parameters:
        ///   - memberships: the lines of `/proc/self/cgroup`.
        ///   - mounts: of each mount, the group at its root, its place below the root, its type and its options.
        func seen(by memberships: String, _ mounts: [(group: String, place: String, type: String, options: String)])
            -> ControlGroups
        {
            let lines = mounts.map { mount in
                "36 35 0:31 \(mount.group) \(root.path)\(mount.place) rw,nosuid shared:9 - \(mount.type) cgroup \(mount.options)"
            }
            return ControlGroups(
                memberships: memberships,
                mounts: "22 1 8:1 / / rw - ext4 /dev/sda1 rw\n" + lines.joined(separator: "\n") + "\n")
        }
    }

    private static let mebibyte = 1024.0 * 1024

    @Test(
        "A quota of version 2 counts, and max is none",
        arguments: [
            ("200000 100000", 2.0), ("150000 100000", 1.5), ("max 100000", nil), ("50000 100000", 0.5), ("", nil),
        ])
    func quota(_ text: String, _ processors: Double?) throws {
        let groups = try Groups(["cpu.max": text, "memory.max": "max"])
        let seen = groups.seen(by: "0::/", [("/", "", "cgroup2", "rw")])
        #expect(seen.processors == processors)
        #expect(seen.memory == nil)
    }

    @Test("The narrowest group on the way to the process counts")
    func nested() throws {
        let groups = try Groups([
            "cpu.max": "max 100000", "pod/cpu.max": "300000 100000", "pod/box/cpu.max": "max 100000",
            "pod/memory.max": "268435456", "pod/box/memory.max": "1073741824", "other/cpu.max": "1000 100000",
            "pod/box/memory.high": "max",
        ])
        let seen = groups.seen(by: "0::/pod/box\n", [("/", "", "cgroup2", "rw,nsdelegate")])
        #expect(seen.processors == 3)
        #expect(seen.memory == 256 * Self.mebibyte)
    }

    @Test("A container sees its own group at the root of the mount, by whatever name the system knows it")
    func container() throws {
        let groups = try Groups([
            "cpu/cpu.cfs_quota_us": "250000", "cpu/cpu.cfs_period_us": "100000",
            "memory/memory.limit_in_bytes": "67108864",
        ])
        let seen = groups.seen(
            by: "5:cpu,cpuacct:/docker/abc\n4:memory:/docker/abc\n1:name=systemd:/docker/abc\n",
            [("/docker/abc", "/cpu", "cgroup", "rw,cpu,cpuacct"), ("/docker/abc", "/memory", "cgroup", "rw,memory")])
        #expect(seen.processors == 2.5)
        #expect(seen.memory == 64 * Self.mebibyte)
    }

    @Test("Version 1 says -1 for no quota and a huge number for no limit of memory")
    func unlimited() throws {
        let groups = try Groups([
            "cpu/cpu.cfs_quota_us": "-1", "cpu/cpu.cfs_period_us": "100000",
            "memory/memory.limit_in_bytes": "9223372036854771712",
        ])
        let seen = groups.seen(
            by: "5:cpu:/\n4:memory:/\n", [("/", "/cpu", "cgroup", "rw,cpu"), ("/", "/memory", "cgroup", "rw,memory")])
        #expect(seen.processors == nil)
        #expect(ProcessLimits(seen).memory <= Int(ProcessInfo.processInfo.physicalMemory))
    }

    @Test("Without control groups the machine is the limit")
    func none() {
        let limits = ProcessLimits(ControlGroups(memberships: "", mounts: ""))
        #expect(limits.processors == ProcessInfo.processInfo.activeProcessorCount)
        #expect(limits.memory > 0 && limits.memory <= Int(ProcessInfo.processInfo.physicalMemory))
    }

    @Test("A part of a processor counts as one")
    func part() throws {
        let groups = try Groups(["cpu.max": "10000 100000", "memory.max": "1048576"])
        let limits = ProcessLimits(groups.seen(by: "0::/", [("/", "", "cgroup2", "rw")]))
        #expect(limits == ProcessLimits(processors: 1, memory: 1_048_576))
    }
}
