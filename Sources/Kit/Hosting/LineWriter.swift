public import Foundation
import Logging
import Metrics
import Synchronization

/// Writes lines to a descriptor, in their order, on a thread of its own.
///
/// A reader that does not read, such as a terminal after Ctrl-S, a pager, or a log driver that hangs, holds up nothing else:
/// a bounded number of lines waits for it, and those that come above it are dropped and counted.
public final class LineWriter: Sendable {
    private struct State {
        var lines: [Data] = []
        /// The size of the lines.
        var size = 0
        var dropped = 0
        /// Lines have been taken by the thread, and not all are written.
        var isWriting = false
    }

    private let descriptor: Int32
    private let capacity: Int
    private let didDrop: @Sendable (Int) -> Void
    private let state = Mutex(State())
    private let signal = DispatchSemaphore(value: 0)

    /// Standard error. When the process exits, it waits up to a second for the lines to be written.
    public static let standardError: LineWriter = {
        atexit { LineWriter.standardError.flush(within: .seconds(1)) }
        return LineWriter(STDERR_FILENO, capacity: 1 << 20) { count in
            Logger(label: "log").warning("Log lines were dropped", metadata: ["lines": "\(count)"])
        }
    }()

    private static let dropped = Counter(label: "log_lines_dropped_total")

    /// The name of the metric, with a sentence about it.
    static let help = ["log_lines_dropped_total": "Log lines dropped because nothing read standard error."]

    /// - Parameters:
    ///   - descriptor: it stays open as long as the process lives, and so does the thread.
    ///   - capacity: bytes of the lines that wait.
    ///   - didDrop: called with the number of lines that were dropped, once lines can be written again.
    init(_ descriptor: Int32, capacity: Int, didDrop: @escaping @Sendable (Int) -> Void) {
        self.descriptor = descriptor
        self.capacity = capacity
        self.didDrop = didDrop
        Thread.detachNewThread { self.run() }
    }

    /// Has a line written, with its end, and returns at once.
    public func write(_ line: Data) {
        let isKept = state.withLock { state in
            guard state.size + line.count <= capacity else {
                state.dropped += 1
                return false
            }
            state.lines.append(line)
            state.size += line.count
            return true
        }
        if isKept { signal.signal() } else { Self.dropped.increment() }
    }

    /// Waits until all lines are written.
    ///
    /// - Returns: false if the time is over before.
    @discardableResult
    public func flush(within time: Duration) -> Bool {
        let end = ContinuousClock.now + time
        while state.withLock({ $0.isWriting || !$0.lines.isEmpty }) {
            guard ContinuousClock.now < end else { return false }
            usleep(500)
        }
        return true
    }

    private func run() {
        while true {
            signal.wait()
            let (lines, dropped) = state.withLock { state in
                defer { state = State(isWriting: true) }
                return (state.lines, state.dropped)
            }
            for line in lines { send(line) }
            if dropped > 0 { didDrop(dropped) }
            state.withLock { $0.isWriting = false }
        }
    }

    /// Writes a line whole, or not if there is no reader any more.
    private func send(_ line: Data) {
        var rest = line[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { Foundation.write(descriptor, $0.baseAddress, $0.count) }
            if count > 0 {
                rest = rest.dropFirst(count)
            } else if errno == EAGAIN {
                var waiting = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
                poll(&waiting, 1, -1)
            } else if errno != EINTR {
                return
            }
        }
    }
}

/// Lines of text for standard error.
struct StandardErrorStream: TextOutputStream {
    func write(_ text: String) { LineWriter.standardError.write(Data(Self.line(text).utf8)) }

    /// A line with its end, and no other: what callers sent may be in it, and must neither look like further lines nor move a
    /// terminal's cursor.
    static func line(_ text: String) -> String {
        let scalars = text.unicodeScalars
        let content = scalars.last == "\n" ? scalars.dropLast() : scalars[...]
        guard content.contains(where: isControl) else { return text }
        let plain = content.map { isControl($0) ? $0.escaped(asASCII: true) : String($0) }.joined()
        return content.endIndex == scalars.endIndex ? plain : plain + "\n"
    }

    private static func isControl(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.properties.generalCategory {
        case .control, .lineSeparator, .paragraphSeparator: true
        default: false
        }
    }
}
