internal import Glibc
package import ZMTP

/// One connection over a Unix socket, on the thread that owns it: bytes read and written, ZMTP spoken, messages handed on.
///
/// What is sent in one turn of the thread is written in few pieces, the last at its end.
package final class IPCConnection: Flushable {
    package enum Event {
        /// The handshake is done: messages can flow.
        case ready
        /// The frames are lent until the handler returns.
        case message(Frames)
        /// The peer has read what was sent; whoever was told to wait may send again.
        case room
        /// The peer is gone, or has broken the protocol. Nothing comes after it.
        case ended
    }

    private let descriptor: Int32
    /// Bytes that may wait for a peer that reads slowly. Whoever sends more is told to wait.
    private let highWaterMark: Int
    private let thread: SocketThread
    private var session: Session
    private var handler: ((IPCConnection, Event) -> Void)?
    private var attachment: SocketAttachment?
    /// The beginning of a message whose rest has not come.
    private var unread: [UInt8] = []
    /// The system takes no more for now.
    private var isWaitingToWrite = false
    /// Somebody was told to wait.
    private var owesRoom = false

    /// - Parameter descriptor: connected and non-blocking. It is closed with the connection.
    init(
        _ descriptor: Int32, as role: Session.Role, limits: Session.Limits, highWaterMark: Int, on thread: SocketThread,
        handler: @escaping (IPCConnection, Event) -> Void
    ) {
        self.descriptor = descriptor
        self.highWaterMark = highWaterMark
        self.thread = thread
        self.handler = handler
        session = Session(role, limits: limits)
        attachment = thread.attach(descriptor: descriptor) { [unowned self] readiness in ready(for: readiness) }
        thread.flushSoon(self)
    }

    deinit { close() }

    /// What the peer of a PUB wants.
    var subscriptions: Subscriptions { session.subscriptions }

    package var isReady: Bool { session.isReady && attachment != nil }

    /// Sends a message.
    ///
    /// - Parameter write: appends the frames; it is called at once.
    /// - Returns: whether it is on its way; not where there is no connection, or where the peer reads too slowly.
    package func send(_ write: (inout FrameWriter) -> Void) -> SendResult {
        guard isReady else { return .unreachable }
        guard session.output.count < highWaterMark else {
            owesRoom = true
            return .wouldBlock
        }
        write(&session.output)
        // The system says when it takes more.
        if !isWaitingToWrite { thread.flushSoon(self) }
        return .sent
    }

    /// Lets go of the connection, without an event. What is not written yet is lost.
    package func close() {
        guard let attachment else { return }
        self.attachment = nil
        handler = nil
        thread.detach(attachment)
        Glibc.close(descriptor)
    }

    /// Writes what is there, and lets go. A peer that reads slowly is waited for until then at the most.
    func finish(by end: ContinuousClock.Instant) {
        flush()
        while isWaitingToWrite, end > .now {
            var item = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
            poll(&item, 1, Int32(clamping: ContinuousClock.now.duration(to: end).milliseconds))
            flush()
        }
        close()
    }

    private func ready(for readiness: SocketAttachment.Readiness) {
        if readiness.contains(.writable) { flush() }
        if owesRoom, session.output.count == 0 {
            owesRoom = false
            handler?(self, .room)
        }
        if readiness.contains(.readable) || readiness.contains(.failed) { read() }
    }

    private func end() {
        let handler = handler
        close()
        handler?(self, .ended)
    }
}

// MARK: - Reading

extension IPCConnection {
    private func read() {
        let count = thread.withScratch { scratch in
            let count = retrying { Glibc.read(descriptor, scratch.baseAddress, scratch.count) }
            if count > 0 { take(UnsafeRawBufferPointer(rebasing: scratch[..<count])) }
            return count
        }
        if count == 0 || (count < 0 && errno != EAGAIN) { end() }
    }

    private func take(_ bytes: UnsafeRawBufferPointer) {
        if unread.isEmpty {
            let used = consume(bytes)
            if used < bytes.count { unread.append(contentsOf: bytes[used...]) }
        } else {
            unread.append(contentsOf: bytes)
            // The handler may come back to this object, but not to these bytes.
            var all: [UInt8] = []
            swap(&all, &unread)
            let used = all.withUnsafeBytes(consume)
            all.removeFirst(used)
            unread = all.isEmpty && all.capacity > Self.keptCapacity ? [] : all
        }
    }

    /// - Returns: how many bytes are used. What comes after the connection's end is of no use.
    private func consume(_ bytes: UnsafeRawBufferPointer) -> Int {
        var used = 0
        do {
            while attachment != nil {
                let step = try session.next(in: UnsafeRawBufferPointer(rebasing: bytes[used...]))
                used += step.used
                switch step.event {
                case .ready: handler?(self, .ready)
                case .message: handler?(self, .message(session.frames))
                case nil:
                    if session.output.count > 0 { thread.flushSoon(self) }
                    return used
                }
            }
        } catch {
            end()
        }
        return bytes.count
    }

    private static let keptCapacity = 64 * 1024
}

// MARK: - Writing

extension IPCConnection {
    func flush() {
        guard let attachment, session.output.count > 0 else { return }
        while session.output.count > 0 {
            var written = 0
            session.output.drain { bytes in
                written = retrying { Glibc.send(descriptor, bytes.baseAddress, bytes.count, Int32(MSG_NOSIGNAL)) }
                return max(0, written)
            }
            // A peer that is gone is heard of by reading, after what it has sent before.
            if written < 0 { break }
        }
        isWaitingToWrite = session.output.count > 0 && errno == EAGAIN
        attachment.interest = isWaitingToWrite ? [.readable, .writable] : .readable
    }
}

/// Calls the system until no signal interrupts.
private func retrying(_ call: () -> Int) -> Int {
    while true {
        let result = call()
        if result >= 0 || errno != EINTR { return result }
    }
}
