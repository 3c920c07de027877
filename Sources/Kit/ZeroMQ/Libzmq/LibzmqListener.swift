internal import EventLoop
internal import Glibc
internal import Sockets
internal import ZMTP

/// A ROUTER or a PUB of libzmq's at one address.
///
/// libzmq has a name for each peer and does not say when one leaves. But it reports which descriptor was closed, and by which
/// one a message came.
final class LibzmqListener {
    private struct RemotePeer {
        let routingID: [UInt8]
        let descriptor: Int32
    }

    /// The address, with the port that the system has chosen if port 0 was requested.
    let address: Address
    private let socket: Socket
    private let monitor: Monitor
    private let isPublisher: Bool
    private let quickReply: Router.QuickReply?
    private let handler: (SocketEvent) -> Void
    private let timer: ThreadTimer
    private var peers: [RoutingID: RemotePeer] = [:]
    private var byRoutingID: [[UInt8]: RoutingID] = [:]
    private var byDescriptor: [Int32: RoutingID] = [:]
    private var last = RoutingID.server
    /// Those that read too slowly.
    private var blocked: Set<RoutingID> = []
    /// The routing id is not lent to the handler.
    private var received = Multipart(limit: Frames.limit + 1)
    private var frames = Frames()
    private var outgoing = Multipart()

    /// libzmq does not say when a peer has caught up.
    private static let retryInterval = Duration.milliseconds(5)

    /// Listens, from the thread only.
    ///
    /// - Parameters:
    ///   - type: `router` or `pub`.
    ///   - quickReply: as for ``Router``.
    ///   - handler: of a PUB it gets no messages.
    /// - Throws: `ZeroMQError` that names the address and the reason.
    init(
        as type: Socket.SocketType, at address: Address, in context: Context, options: SocketOptions,
        on thread: SocketThread, quickReply: Router.QuickReply?, handler: @escaping (SocketEvent) -> Void
    ) throws(ZeroMQError) {
        var options = options
        options.ipv6 = true
        self.quickReply = quickReply
        self.handler = handler
        isPublisher = type == .pub
        socket = try Socket(type, in: context, options: options)
        monitor = try socket.monitor()
        self.address = try Self.bind(socket, at: address)
        do {
            timer = try ThreadTimer(on: thread)
        } catch {
            throw ZeroMQError(error)
        }
        timer.handler = { [unowned self] in retry() }
        thread.attach(monitor.socket) { [unowned self] _ in readMonitor() }
        thread.attach(socket) { [unowned self] limit in drain(limit) }
    }

    deinit { close() }

    /// Binds at every address of a host that this machine has: libzmq looks up no name to bind at.
    private static func bind(_ socket: Socket, at address: Address) throws(ZeroMQError) -> Address {
        guard case .tcp(let host, let port) = address.target, host != "*" else { return try socket.bind(address) }
        let operation = "bind \(address)"
        var bound: Address?
        var failure = ZeroMQError(code: EADDRNOTAVAIL, operation: operation)
        for place in try SocketAddress.resolve(host, port: port, operation: operation).compactMap(\.host) {
            do throws(ZeroMQError) {
                let real = try socket.bind(Address(known: .tcp(host: place, port: bound?.port ?? port)))
                bound = Address(known: .tcp(host: host, port: real.port ?? port))
            } catch {
                failure = error
                guard [EADDRNOTAVAIL, EAFNOSUPPORT].contains(error.code) else { throw error }
            }
        }
        guard let bound else { throw failure }
        return bound
    }

    /// - Returns: `wouldBlock` if the peer reads too slowly, `unreachable` if it is gone.
    func send(_ message: some OutboundMessage, to peer: RoutingID) -> SendResult {
        guard begin(messageTo: peer) else { return .unreachable }
        message.writeFrames { frame, _ in outgoing.append(copying: frame) }
        return sendOutgoing(to: peer)
    }

    private func begin(messageTo peer: RoutingID) -> Bool {
        guard let routingID = peers[peer]?.routingID else { return false }
        outgoing.removeAll()
        outgoing.append(routingID)
        return true
    }

    private func sendOutgoing(to peer: RoutingID) -> SendResult {
        let result = (try? socket.send(&outgoing)) ?? .unreachable
        switch result {
        case .sent: break
        case .wouldBlock:
            blocked.insert(peer)
            timer.set(after: Self.retryInterval)
        case .unreachable: forget(peer)
        }
        return result
    }

    /// Sends to everybody who has subscribed.
    func publish(_ message: some OutboundMessage) {
        outgoing.removeAll()
        message.writeFrames { frame, _ in outgoing.append(copying: frame) }
        _ = try? socket.send(&outgoing)
    }

    /// Closes all connections without an event, and releases the address.
    func close() {
        timer.cancel()
        monitor.close()
        socket.close()
    }
}

extension LibzmqListener {
    private func drain(_ limit: Int) -> Int {
        // Events of a connection are older than its messages.
        _ = readMonitor()
        for count in 0..<limit {
            // An error here is the end of the context; the thread will close the socket.
            guard (try? socket.receive(into: &received)) == true else { return count }
            let peer = sender()
            received.borrow(to: &frames, from: 1)
            if !replyAtOnce(to: peer) { handler(.message(frames, from: peer)) }
        }
        return limit
    }

    /// - Returns: true if the message that was received needs no event.
    private func replyAtOnce(to peer: RoutingID) -> Bool {
        guard let quickReply, !blocked.contains(peer), begin(messageTo: peer),
            quickReply(frames, { frame, _ in outgoing.append(copying: frame) })
        else { return false }
        return sendOutgoing(to: peer) == .sent
    }

    /// The peer whose message was received, which may be its first.
    private func sender() -> RoutingID {
        let routingID = received.bytes(at: 0)
        let descriptor = received.property("__fd").flatMap { Int32($0) } ?? -1
        if let known = byRoutingID[routingID] {
            if peers[known]?.descriptor == descriptor { return known }
            // It has connected again under the name that it has chosen.
            end(known)
        }
        // Its predecessor at the descriptor is gone.
        if let earlier = byDescriptor[descriptor] { end(earlier) }
        return add(RemotePeer(routingID: routingID, descriptor: descriptor))
    }

    private func add(_ peer: RemotePeer) -> RoutingID {
        last = RoutingID(number: last.number + 1)
        peers[last] = peer
        byRoutingID[peer.routingID] = last
        byDescriptor[peer.descriptor] = last
        handler(.connected(last))
        return last
    }

    private func end(_ peer: RoutingID) {
        forget(peer)
        handler(.disconnected(peer))
    }

    private func forget(_ peer: RoutingID) {
        guard let known = peers.removeValue(forKey: peer) else { return }
        blocked.remove(peer)
        byRoutingID[known.routingID] = nil
        if byDescriptor[known.descriptor] == peer { byDescriptor[known.descriptor] = nil }
    }

    private func retry() {
        let waiting = blocked
        blocked = []
        for peer in waiting { handler(.writable(peer)) }
    }

    /// - Returns: the number of events.
    private func readMonitor() -> Int {
        var count = 0
        while let event = try? monitor.receive() {
            count += 1
            switch event.kind {
            case .handshakeSucceeded where isPublisher:
                // Without messages nothing else names it.
                _ = add(RemotePeer(routingID: Array("\(event.value)".utf8), descriptor: Int32(bitPattern: event.value)))
            case .handshakeFailed(let failure):
                let side = Refusal.MonitoredSide.server(lastRefused: socket.context.lastRefused)
                if let refusal = Refusal(failure, event.value, by: side) { handler(.refused(refusal)) }
            case .disconnected:
                if let peer = byDescriptor[Int32(bitPattern: event.value)] { end(peer) }
            default: break
            }
        }
        return count
    }
}

extension Address {
    fileprivate var port: UInt16? {
        if case .tcp(_, let port) = target { port } else { nil }
    }
}
