internal import CZeroMQ
// Sockets live on a SocketThread, so whoever uses them has it with them.
@_exported public import EventLoop
internal import Glibc

/// A libzmq socket. One thread owns it: not `Sendable`, and nothing here waits unless its name says so.
///
/// Used through a `SocketThread`, make it in the actor that lives on the thread. Closed by `close()` or by its last
/// reference; an operation on a closed socket throws `ENOTSOCK`.
public final class Socket {
    /// The types of sockets, by libzmq's names.
    public enum SocketType: Sendable, CaseIterable {
        case router, dealer, req, rep, pub, sub, pair
    }

    /// The type of the socket.
    public let kind: SocketType
    /// The options that it was made with.
    public let options: SocketOptions
    /// Keeps libzmq's context alive as long as the socket.
    let context: Context
    private(set) var handle: UnsafeMutableRawPointer?
    /// The files of this socket's `ipc://` binds.
    var ipcFiles: [String: SocketFile] = [:]
    /// Its `inproc://` binds.
    var inprocNames: Set<Address> = []
    /// The number of the monitor that reads this socket's events; 0 for none.
    private var monitorNumber: UInt64 = 0
    /// Called before libzmq's socket is closed.
    var willClose: (() -> Void)?
    /// The registration to the thread that watches it, if any.
    weak var registration: PollRegistration?
    /// Something was done with it, which may have used up libzmq's signal: its events must be checked.
    package private(set) var needsEventCheck = true

    /// - Throws: `ZeroMQError`: `EINVAL` for an option libzmq refuses, `EMFILE` at the context's limit of sockets,
    /// `ETERM` after `Context.terminate()`.
    public init(_ kind: SocketType, in context: Context, options: SocketOptions = .client) throws(ZeroMQError) {
        self.kind = kind
        self.options = options
        self.context = context
        let handle = try context.makeSocket(kind.number, operation: "make a \(kind) socket")
        self.handle = handle
        try options.apply(to: handle, kind: kind)
    }

    deinit { close() }

    /// True after ``close()``.
    public var isClosed: Bool { handle == nil }

    /// Closes the socket; again, does nothing. Unsent messages have `SocketOptions.linger`, on the I/O thread. The
    /// files of `ipc://` binds are removed, their locks released, and `inproc://` names free again; a TCP port is so
    /// shortly after.
    public func close() {
        guard let handle else { return }
        willClose?()
        registration?.detach()
        stopMonitoring(monitorNumber)
        self.handle = nil
        // libzmq would give the names back later, on a thread of its own.
        for name in inprocNames { zmq_unbind(handle, name.description) }
        inprocNames = []
        zmq_close(handle)
        ipcFiles.values.forEach { $0.release() }
        ipcFiles = [:]
    }

    /// Lets libzmq report events to the PAIR socket at this address.
    func startMonitoring(_ number: UInt64, at address: Address) throws(ZeroMQError) {
        let handle = try opened(for: "monitor")
        guard zmq_socket_monitor(handle, address.description, ZMQ_EVENT_ALL) == 0 else { throw .last("monitor") }
        monitorNumber = number
    }

    /// Ends the events, if they are still that monitor's. Must come before their reader is closed: libzmq's I/O thread
    /// would wait for another reader, for ever, and every connection of the context with it.
    func stopMonitoring(_ number: UInt64) {
        guard let handle, number != 0, number == monitorNumber else { return }
        monitorNumber = 0
        zmq_socket_monitor(handle, nil, 0)
    }

    /// The open socket, or `ENOTSOCK`.
    func opened(for operation: @autoclosure () -> String) throws(ZeroMQError) -> UnsafeMutableRawPointer {
        guard let handle else {
            throw ZeroMQError(code: ENOTSOCK, operation: operation(), reason: "the socket is closed")
        }
        return handle
    }
}

extension Socket.SocketType {
    fileprivate var number: Int32 {
        switch self {
        case .router: ZMQ_ROUTER
        case .dealer: ZMQ_DEALER
        case .req: ZMQ_REQ
        case .rep: ZMQ_REP
        case .pub: ZMQ_PUB
        case .sub: ZMQ_SUB
        case .pair: ZMQ_PAIR
        }
    }
}

extension Socket {
    /// Binds, and returns the real address: with the port, if the kernel chose one.
    ///
    /// An `ipc://` path gets its missing directories (0700), a socket file for the owner only, and a lock file beside
    /// it. A file left by a dead process is replaced; the path of a living one never is, though libzmq alone would
    /// steal it. If the process has no descriptor left for a new connection, libzmq ends it; the fronts of
    /// services do without libzmq.
    /// - Throws: `ZeroMQError` with the address in it, `EADDRINUSE` if somebody listens there.
    @discardableResult
    public func bind(_ address: Address) throws(ZeroMQError) -> Address {
        let operation = "bind \(address)"
        let handle = try opened(for: operation)
        try options.apply(to: handle, isTCP: address.isTCP)
        if case .ipc(let path) = address.target {
            try bindFile(path, handle: handle, operation: operation)
        } else if zmq_bind(handle, address.description) != 0 {
            throw .last(operation)
        }
        if case .inproc = address.target { inprocNames.insert(address) }
        return try lastEndpoint()
    }

    /// Begins to connect, and keeps doing so: a peer that is not there yet is no error. A `Monitor` reports when it is.
    /// - Throws: `ZeroMQError` `EINVAL` for a wildcard port or host.
    public func connect(_ address: Address) throws(ZeroMQError) {
        let operation = "connect \(address)"
        let handle = try opened(for: operation)
        guard address.isConnectable else {
            throw ZeroMQError(code: EINVAL, operation: operation, reason: "a wildcard can only be bound")
        }
        try options.apply(to: handle, isTCP: address.isTCP)
        guard zmq_connect(handle, address.description) == 0 else { throw .last(operation) }
    }

    /// Subscribes this SUB socket to messages whose first frame begins with these bytes. Empty means all messages.
    /// - Throws: `ZeroMQError` `EINVAL` on another kind of socket.
    public func subscribe(to prefix: [UInt8] = []) throws(ZeroMQError) {
        try OptionSetter(handle: try opened(for: "subscribe")).set(ZMQ_SUBSCRIBE, bytes: prefix)
    }

    /// Gives libzmq a descriptor that listens already, so that it neither removes the file first nor makes it readable
    /// for all.
    private func bindFile(
        _ path: String, handle: UnsafeMutableRawPointer, operation: String
    ) throws(ZeroMQError) {
        let files = try SocketFile(path: path, backlog: options.backlog, operation: operation)
        let setter = OptionSetter(handle: handle)
        do throws(ZeroMQError) {
            try setter.set(ZMQ_USE_FD, files.descriptor)
            guard zmq_bind(handle, "ipc://\(path)") == 0 else { throw ZeroMQError.last(operation) }
        } catch {
            files.abandon()
            try setter.set(ZMQ_USE_FD, -1)
            throw error
        }
        ipcFiles[path] = files
        try setter.set(ZMQ_USE_FD, -1)
    }

    private func lastEndpoint() throws(ZeroMQError) -> Address {
        let operation = "ask for the last endpoint"
        let handle = try opened(for: operation)
        var size = 512
        let text: String? = withUnsafeTemporaryAllocation(of: CChar.self, capacity: size) { buffer in
            guard let start = buffer.baseAddress, zmq_getsockopt(handle, ZMQ_LAST_ENDPOINT, start, &size) == 0
            else { return nil }
            return String(cString: start)
        }
        guard let text else { throw .last(operation) }
        do throws(AddressError) {
            return try Address(text)
        } catch {
            throw ZeroMQError(code: EINVAL, operation: operation, reason: error.description)
        }
    }
}

extension Socket {
    /// Receives one whole message without waiting; false, and `message` empty, when there is none.
    ///
    /// After false, wait with `SocketThread` (or `waitUntilReadable`), not on a descriptor: libzmq's own is
    /// edge-triggered and speaks of commands, not of messages.
    /// - Throws: `ZeroMQError`: `ETERM`, `ENOTSOCK`, `EFSM` (a REQ that has not sent).
    public func receive(into message: inout Multipart) throws(ZeroMQError) -> Bool {
        needsEventCheck = true
        let isReceived = try message.fill(from: try opened(for: "receive"))
        // If there was nothing, libzmq has processed all its commands.
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

    /// Checks for messages, and lets libzmq process its commands. The end is that of the context: its sockets can only be
    /// closed, and `terminate()` waits for that.
    package func checkEvents() -> PendingEvents {
        needsEventCheck = false
        var events: Int32 = 0
        var size = MemoryLayout<Int32>.size
        guard let handle, zmq_getsockopt(handle, ZMQ_EVENTS, &events, &size) == 0 else { return .end }
        return events & Int32(ZMQ_POLLIN) != 0 ? .messages : .none
    }

    /// Readable when libzmq has commands, of which messages are one sort; -1 if the socket is closed.
    package var descriptor: Int32 {
        var descriptor: Int32 = -1
        var size = MemoryLayout<Int32>.size
        if let handle { zmq_getsockopt(handle, ZMQ_FD, &descriptor, &size) }
        return descriptor
    }
}

extension Socket: MessageSource {}

extension SocketThread {
    /// Watches a socket, from the thread only, until it is detached or closed.
    ///
    /// `drain` is called when there may be messages. It receives until nothing is left or `limit` messages have come, and
    /// returns their number; 0 lets the thread sleep. Formed inside an actor of this thread, it is isolated to that
    /// actor: it calls its methods directly, and a `Task.immediate` in it starts in place.
    @discardableResult
    public func attach(_ socket: Socket, drain: @escaping (_ limit: Int) -> Int) -> PollRegistration {
        let registration = attach(socket as any MessageSource, drain: drain)
        socket.registration = registration
        return registration
    }
}

/// The result of `Socket.send(_:)`. A message is never sent in part.
public enum SendResult: Sendable, Equatable {
    /// libzmq has it. Whether the peer gets it, only a reply can show. The message is empty now.
    case sent
    /// No connection (with `SocketOptions.immediate`), or the peer's queue is full. The message is intact: keep it and
    /// try again, or drop it.
    case wouldBlock
    /// The peer it was addressed to is gone; nothing was delivered. The message is empty now.
    case unreachable
}
