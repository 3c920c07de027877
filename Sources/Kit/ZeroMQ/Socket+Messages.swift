internal import CZeroMQ
internal import Glibc

extension Socket {
    /// Receives one whole message without waiting; false, and `message` empty, when there is none.
    ///
    /// After false, wait with `SocketThread` (or `waitUntilReadable`), not on a descriptor: libzmq's own is
    /// edge-triggered and speaks of commands, not of messages.
    /// - Throws: `ZeroMQError`: `ETERM`, `ENOTSOCK`, `EFSM` (a REQ that has not sent).
    public func receive(into message: inout Multipart) throws(ZeroMQError) -> Bool {
        needsEventCheck = true
        let isReceived = try message.fill(from: try opened(for: "receive"))
        // Where there was nothing, libzmq has looked at all its news.
        needsEventCheck = isReceived
        return isReceived
    }

    /// Sends one whole message, or nothing, without waiting.
    /// - Throws: `ZeroMQError`: `ETERM`, `ENOTSOCK`, `EFSM` (a REQ or REP out of turn), `EINVAL` for a message without
    ///   frames. The message is empty then.
    public func send(_ message: inout Multipart) throws(ZeroMQError) -> SendResult {
        guard !message.isEmpty else {
            throw ZeroMQError(code: EINVAL, operation: "send", reason: "the message has no frames")
        }
        needsEventCheck = true
        return try message.flush(to: try opened(for: "send"))
    }

    /// Sends these frames as one message, or nothing, without waiting. Throws as `send(_:)` does.
    public func send(_ frames: [UInt8]...) throws(ZeroMQError) -> SendResult {
        var message = Multipart(limit: max(frames.count, 1))
        for frame in frames { message.append(frame) }
        return try send(&message)
    }

    /// **Blocks the thread** until a message can be received, at most for `limit`; false if none came.
    ///
    /// For tools that own their thread; never on a `SocketThread`.
    /// - Throws: `ZeroMQError`: `ETERM`, `ENOTSOCK`.
    public func waitUntilReadable(atMost limit: Duration) throws(ZeroMQError) -> Bool {
        var item = zmq_pollitem_t(socket: try opened(for: "wait"), fd: 0, events: Int16(ZMQ_POLLIN), revents: 0)
        let deadline = ContinuousClock.now + limit
        while true {
            let remaining = max(.zero, deadline - .now)
            let ready = zmq_poll(&item, 1, Int(remaining.milliseconds))
            if ready >= 0 { return ready > 0 }
            guard zmq_errno() == EINTR else { throw .last("wait") }
        }
    }

    /// The readiness of a socket.
    enum Answer { case none, messages, end }

    /// Asks for messages, and lets libzmq look at its news.
    func ask() -> Answer {
        needsEventCheck = false
        var events: Int32 = 0
        var size = MemoryLayout<Int32>.size
        guard let handle, zmq_getsockopt(handle, ZMQ_EVENTS, &events, &size) == 0 else { return .end }
        return events & Int32(ZMQ_POLLIN) != 0 ? .messages : .none
    }

    /// Readable when libzmq has news, of which messages are one sort; -1 where the socket is closed.
    var descriptor: Int32 {
        var descriptor: Int32 = -1
        var size = MemoryLayout<Int32>.size
        if let handle { zmq_getsockopt(handle, ZMQ_FD, &descriptor, &size) }
        return descriptor
    }
}
