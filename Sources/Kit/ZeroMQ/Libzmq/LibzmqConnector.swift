internal import CZeroMQ
internal import EventLoop
internal import ZMTP

/// A DEALER or a SUB of libzmq's with one peer.
final class LibzmqConnector {
    private let type: Socket.SocketType
    private let address: Address
    private let prefix: String
    private let context: Context
    private let options: SocketOptions
    private let thread: SocketThread
    private let handler: (SocketEvent) -> Void
    private var socket: Socket?
    private var monitor: Monitor?
    private let timer: ThreadTimer
    private var isConnected = false
    private var received = Multipart(limit: Frames.limit)
    private var frames = Frames()
    private var outgoing = Multipart()

    /// Messages that may wait for a server that reads slowly: whoever sends limits the calls in flight.
    private static let highWaterMark = 32_768
    /// libzmq does not connect again by itself after a handshake that has failed.
    private static let refusalPause = Duration.milliseconds(500)

    /// Begins to connect, from the thread only. A peer that is not there yet is no error.
    ///
    /// - Parameters:
    ///   - type: `dealer` or `sub`.
    ///   - prefix: of the topics that a SUB wants.
    /// - Throws: `ZeroMQError` `EMFILE` if the system has no descriptor left, `EINVAL` for a wildcard port or host.
    init(
        as type: Socket.SocketType, to address: Address, prefix: String = "", in context: Context,
        options: SocketOptions, on thread: SocketThread, handler: @escaping (SocketEvent) -> Void
    ) throws(ZeroMQError) {
        self.type = type
        self.address = address
        self.prefix = prefix
        self.context = context
        var options = options
        options.ipv6 = true
        options.sendHighWaterMark = max(options.sendHighWaterMark, Self.highWaterMark)
        self.options = options
        self.thread = thread
        self.handler = handler
        do {
            timer = try ThreadTimer(on: thread)
        } catch {
            throw ZeroMQError(error)
        }
        timer.handler = { [unowned self] in if !isConnected { reopen() } }
        try open()
    }

    deinit { close() }

    /// - Returns: `unreachable` without a connection, `wouldBlock` if the server reads too slowly.
    func send(_ message: some OutboundMessage) -> SendResult {
        guard isConnected, let socket else { return .unreachable }
        outgoing.removeAll()
        message.writeFrames { frame, _ in outgoing.append(copying: frame) }
        let result = (try? socket.send(&outgoing)) ?? .unreachable
        // The reason may be the end of the connection.
        if result != .sent { _ = readMonitor() }
        return result
    }

    /// Ends a connection over a network without an event, and connects again.
    func renew() {
        if address.isTCP { reopen() }
    }

    func close() {
        timer.cancel()
        closeSocket()
    }
}

extension LibzmqConnector {
    private func open() throws(ZeroMQError) {
        let socket = try Socket(type, in: context, options: options)
        let monitor = try socket.monitor()
        if type == .sub { try socket.subscribe(to: Array(prefix.utf8)) }
        try socket.connect(address)
        thread.attach(monitor.socket) { [unowned self] _ in readMonitor() }
        thread.attach(socket) { [unowned self] limit in drain(limit) }
        self.socket = socket
        self.monitor = monitor
    }

    private func reopen() {
        closeSocket()
        do { try open() } catch { timer.set(after: Self.refusalPause) }
    }

    private func closeSocket() {
        isConnected = false
        monitor?.close()
        socket?.close()
        (monitor, socket) = (nil, nil)
    }

    private func drain(_ limit: Int) -> Int {
        // A connection is reported before its messages.
        _ = readMonitor()
        for count in 0..<limit {
            guard let socket, (try? socket.receive(into: &received)) == true else { return count }
            received.borrow(to: &frames)
            handler(.message(frames, from: .server))
        }
        return limit
    }

    /// - Returns: the number of events.
    private func readMonitor() -> Int {
        var count = 0
        while let event = try? monitor?.receive() {
            count += 1
            switch event.kind {
            case .handshakeSucceeded:
                isConnected = true
                handler(.connected(.server))
            case .handshakeFailed(let failure):
                timer.set(after: Self.refusalPause)
                if let refusal = Refusal(failure, event.value, by: .client(options.security)) {
                    handler(.refused(refusal))
                }
            case .disconnected where isConnected:
                isConnected = false
                handler(.disconnected(.server))
            default: break
            }
        }
        return count
    }
}

extension Refusal {
    /// The side of a connection that libzmq's monitor reports of.
    enum MonitoredSide {
        case server(lastRefused: RefusedPeer?)
        case client(SocketOptions.Security)
    }

    /// - Parameter value: of the event.
    /// - Returns: `nil` if the connection ended for another reason.
    init?(_ failure: MonitorEvent.HandshakeFailure, _ value: UInt32, by side: MonitoredSide) {
        if case (.authentication, .server(let refused)) = (failure, side) {
            (key, peer) = (refused?.key, refused?.host)
        } else {
            (key, peer) = (nil, nil)
        }
        switch (failure, side) {
        case (.authentication, .server): reason = "its key is not admitted"
        case (.authentication, .client): reason = "the server does not admit this key (\(value))"
        case (.protocol, .server) where Int32(value) == ZMQ_PROTOCOL_ERROR_ZMTP_CRYPTOGRAPHIC:
            reason = "it expects another server's key"
        case (.protocol, _) where Int32(value) == ZMQ_PROTOCOL_ERROR_ZMTP_MECHANISM_MISMATCH:
            reason = "the peer's security mechanism is another one than this side's"
        case (.protocol, .client): reason = "something else listens there"
        case (.noDetail, .client(.curveClient)):
            reason = "the server has ended the handshake: it may have another key"
        case (.protocol, .server), (.noDetail, _): return nil
        }
    }
}
