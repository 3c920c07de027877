import Background
import Descriptors
import Dispatch
import Foundation

/// The files and sockets that a process of services may have open.
public enum FileDescriptorLimit {
    /// Allows as many as the system lets the process allow itself.
    ///
    /// - Parameter services: the number of services that the process will run.
    /// - Throws: ``SettingsError`` with the number needed, if that is not enough for them and a few connections.
    public static func raiseLimit(forServices services: Int) throws(SettingsError) {
        DescriptorLimit.raise()
        let needed = needed(forServices: services)
        guard DescriptorLimit.current < needed else { return }
        throw SettingsError(
            description: "The process may open \(DescriptorLimit.current) files and sockets, and needs \(needed): "
                + "raise the limit (ulimit -n \(needed), LimitNOFILE of systemd, --ulimit nofile of containers).")
    }

    /// Each processor has an event loop, each service sockets, timers, files and callers.
    private static func needed(forServices services: Int) -> Int {
        64 + 32 * services + 4 * ProcessInfo.processInfo.activeProcessorCount
    }
}

/// The threads that a process of services may have.
public enum ThreadLimit {
    /// - Parameter services: the number of services that the process will run.
    /// - Throws: ``SettingsError`` with the number needed, if the system does not let it have so many: work for a thread that
    ///   was never made would wait for ever.
    public static func check(forServices services: Int) throws(SettingsError) {
        try check(forServices: services, making: make)
    }

    /// - Parameter make: makes threads that end at once, and returns their number, which may be lower.
    static func check(forServices services: Int, making make: (Int) -> Int) throws(SettingsError) {
        let running = (try? FileManager.default.contentsOfDirectory(atPath: "/proc/self/task").count) ?? 1
        let needed = needed(forServices: services)
        let made = make(needed - running)
        guard running + made < needed else { return }
        throw SettingsError(
            description:
                "The process may have \(running + made) threads, and needs \(needed): raise the limit (ulimit -u, "
                + "TasksMax of systemd, --pids-limit of containers), or that of its memory.")
    }

    /// Each processor that the process may use has an event loop, and health checks one; each service has a thread, and its
    /// HTTP front another; and work that blocks has a few.
    fileprivate static func needed(forServices services: Int) -> Int {
        14 + 2 * services + ProcessLimits.current.processors
    }

    /// Makes threads that end as soon as all are there.
    ///
    /// - Returns: how many could be made.
    private static func make(_ count: Int) -> Int {
        let gate = DispatchSemaphore(value: 0)
        var threads: [pthread_t] = []
        for _ in 0..<max(count, 0) {
            var thread = pthread_t()
            let argument = Unmanaged.passRetained(gate)
            let code = pthread_create(
                &thread, nil,
                { argument in
                    if let argument { Unmanaged<DispatchSemaphore>.fromOpaque(argument).takeRetainedValue().wait() }
                    return nil
                }, argument.toOpaque())
            guard code == 0 else {
                argument.release()
                break
            }
            threads.append(thread)
        }
        for _ in threads { gate.signal() }
        for thread in threads { pthread_join(thread, nil) }
        return threads.count
    }
}

/// The addresses that a process of services may use.
public enum AddressSpaceLimit {
    /// - Parameter services: the number of services that the process will run.
    /// - Throws: ``SettingsError`` with the number needed, if the system does not let it use so many: memory that is not given
    ///   ends the process without a message, wherever it is.
    public static func check(forServices services: Int) throws(SettingsError) {
        var limit = rlimit()
        let isKnown = getrlimit(__rlimit_resource_t(RLIMIT_AS.rawValue), &limit) == 0
        try check(forServices: services, current: isKnown ? Int(exactly: limit.rlim_cur) : nil)
    }

    /// - Parameter current: bytes; `nil` if there is no limit.
    static func check(forServices services: Int, current: Int?) throws(SettingsError) {
        // Code and stores, and for each thread a stack and a share of the heaps, most of which is never used.
        let needed = 512 + 32 * ThreadLimit.needed(forServices: services)
        guard let current, current < needed << 20 else { return }
        throw SettingsError(
            description: "The process may use \(current >> 20) MiB of addresses, and needs \(needed) MiB: raise the "
                + "limit (ulimit -v \(needed << 10), LimitAS of systemd).")
    }
}

/// Memory that only the start of a process has needed.
///
/// After the start, file-backed pages that were touched only during it are released (`MADV_DONTNEED`). They stay in the
/// system's cache of files, and what is needed again is mapped again: the resident size of the process drops, the machine's
/// free memory does not change.
public enum StartupMemory {
    /// Releases it once, after the time in which a service becomes ready.
    ///
    /// - Throws: `CancellationError`.
    public static func release(after time: Duration) async throws {
        try await Task.sleep(for: time)
        release()
    }

    static func release() {
        for area in MappedArea.all where area.isUnchanged {
            madvise(UnsafeMutableRawPointer(bitPattern: area.range.lowerBound), area.range.count, MADV_DONTNEED)
        }
    }
}

/// A part of the address space, as `/proc/self/smaps` describes it.
struct MappedArea: Equatable {
    let range: Range<UInt>
    /// True if it is a file's, it cannot be written to, and none of its pages differs from the file: then whatever is
    /// released comes back as it was.
    let isUnchanged: Bool

    /// Empty if the system does not report them.
    static var all: [MappedArea] {
        // Not `contentsOfFile`: such a file is read in pieces, and that takes the first for the whole.
        let text = try? FileHandle(forReadingAtPath: "/proc/self/smaps")?.readToEnd()
        return areas(in: String(decoding: text ?? Data(), as: UTF8.self))
    }

    /// An area begins with a line like `55d0c000-55d1e000 r-xp 00001000 08:01 131 /usr/bin/shop`; lines like
    /// `Anonymous: 0 kB` follow.
    static func areas(in text: String) -> [MappedArea] {
        var areas: [MappedArea] = []
        var head: [Substring] = []
        for line in text.split(separator: "\n") {
            let fields = line.split(separator: " ")
            if !fields[0].hasSuffix(":") {
                head = fields
            } else if fields[0] == "Anonymous:", head.count > 1, let range = range(head[0]) {
                let isFile = head.count > 5 && head[5].hasPrefix("/")
                let isReadOnly = ["r--p", "r-xp"].contains(head[1])
                areas.append(MappedArea(range: range, isUnchanged: isFile && isReadOnly && fields[1] == "0"))
            }
        }
        return areas
    }

    private static func range(_ text: Substring) -> Range<UInt>? {
        let ends = text.split(separator: "-").compactMap { UInt($0, radix: 16) }
        return ends.count == 2 && ends[0] < ends[1] ? ends[0]..<ends[1] : nil
    }
}
