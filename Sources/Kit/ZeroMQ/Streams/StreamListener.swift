internal import Descriptors
internal import EventLoop
internal import Glibc
internal import Sockets
internal import ZMTP

/// A ROUTER or a PUB at one address, with the ZMTP of this package: to peers it is the same as libzmq's.
///
/// Unlike libzmq it notices at once which peer has gone, it bounds what a peer can make it hold, and it goes on if the process
/// has no descriptor left: libzmq's listener ends the process then.
final class StreamListener {
    /// The address, with the port that the system has chosen if port 0 was requested.
    let address: Address
    private let role: ZMTPSession.SocketRole
    private let thread: SocketThread
    private let options: SocketOptions
    private let settings: StreamConnection.ConnectionSettings
    private let timer: ThreadTimer
    private let handler: (SocketEvent) -> Void
    private var listening: ListeningSocket?
    private var registrations: [PollRegistration] = []
    private var connections: [RoutingID: StreamConnection] = [:]
    /// Those whose handshake is not done, oldest first.
    private var handshaking: [RoutingID] = []
    private var last = RoutingID.server

    /// Little: what a slow peer of a ROUTER does not read is its front's business, which bounds and counts it.
    private static let highWaterMark = 256 * 1024
    /// More: behind a PUB nothing keeps what a slow peer does not read.
    private static let publisherHighWaterMark = 1024 * 1024
    private static let acceptsAtOnce = 64
    private static let acceptPause = Duration.milliseconds(100)
    private static let fileCheckInterval = Duration.seconds(2)
    /// Connections that may be in the handshake; the oldest one makes room for another.
    private static let maxHandshaking = 1024

    /// Listens, from the thread only.
    ///
    /// - Parameters:
    ///   - role: `router` or `pub`.
    ///   - quickReply: as for ``Router``.
    ///   - handler: of a PUB it gets no messages, for its peers only subscribe; others are disconnected.
    /// - Throws: `ZeroMQError` that names the address and the reason.
    init(
        as role: ZMTPSession.SocketRole, at address: Address, in context: Context, options: SocketOptions,
        on thread: SocketThread, quickReply: Router.QuickReply?, handler: @escaping (SocketEvent) -> Void
    ) throws(ZeroMQError) {
        self.role = role
        self.thread = thread
        self.options = options
        self.handler = handler
        settings = StreamConnection.ConnectionSettings(
            options, for: address, in: context,
            highWaterMark: role == .pub ? Self.publisherHighWaterMark : Self.highWaterMark, holdsBack: role == .router,
            quickReply: quickReply)
        let listening = try ListeningSocket(at: address, in: context, backlog: options.backlog)
        self.listening = listening
        self.address = listening.address
        do {
            timer = try ThreadTimer(on: thread)
        } catch {
            throw ZeroMQError(error)
        }
        timer.handler = { [unowned self] in check() }
        settings.unfinished.handler = { [unowned self] in endUnfinished() }
        attach(listening)
        if listening.canBeLost { timer.set(by: .now + Self.fileCheckInterval) }
    }

    deinit { close() }

    /// - Parameter isUrgent: as for ``Router``.
    /// - Returns: `unreachable` if the peer is gone.
    func send(to peer: RoutingID, isUrgent: Bool, _ write: (inout FrameWriter) -> Void) -> SendResult {
        connections[peer]?.send(isUrgent: isUrgent, write) ?? .unreachable
    }

    /// Sends a message to every peer that has subscribed to it, as a PUB. One that reads too slowly misses it.
    ///
    /// - Parameters:
    ///   - topic: the first frame.
    ///   - write: appends all frames; it is called for each of the peers.
    func publish(_ topic: UnsafeRawBufferPointer, _ write: (inout FrameWriter) -> Void) {
        for connection in connections.values where connection.subscriptions.match(topic) { _ = connection.send(write) }
    }

    /// Writes what is there, closes all connections without an event, and releases the address. Again, does nothing.
    func close() {
        guard let listening else { return }
        self.listening = nil
        timer.cancel()
        for registration in registrations { thread.detach(registration) }
        let end = ContinuousClock.now + (options.linger ?? .zero)
        for connection in connections.values { connection.finish(by: end) }
        connections = [:]
        listening.close()
    }

    private func attach(_ listening: ListeningSocket) {
        registrations = listening.descriptors.map { descriptor in
            thread.attach(descriptor: descriptor) { [unowned self] _ in accept(at: descriptor) }
        }
    }
}

// MARK: - Connections

extension StreamListener {
    private func accept(at source: Int32) {
        for _ in 0..<Self.acceptsAtOnce {
            switch listening?.accept(at: source) {
            case .connection(let descriptor): add(descriptor)
            case .exhausted: return pauseAccepting()
            case .none?, nil: return
            }
            if room < 0 { endOldestHandshakes() }
            if room < 0 { return pauseAccepting() }
        }
    }

    /// The number of connections for which there is room; negative if there are too many.
    private var room: Int { DescriptorReserve.room(for: connections.count, of: options.maxConnections) }

    /// Makes room by those that have not finished their handshake, and spares the last one to come: it may have a right to be here.
    private func endOldestHandshakes() {
        let oldest = handshaking.dropLast().prefix(crowd)
        handshaking.removeFirst(oldest.count)
        for peer in oldest { connections.removeValue(forKey: peer)?.close() }
    }

    /// Makes room for a peer that has done its handshake, by those that have been silent for longest. Whoever has not
    /// cannot drive out anybody who has.
    private func endMostSilent(sparing newest: RoutingID) {
        let ready = connections.filter { $0.key != newest && $0.value.isReady }.values
        for connection in ready.sorted(by: { $0.lastRead < $1.lastRead }).prefix(crowd) { connection.end() }
    }

    /// Ends the connections whose messages have been unfinished for longest: a sender at work sends the rest soon.
    private func endUnfinished() {
        while settings.unfinished.areTooMany,
            let oldest = connections.values
                .compactMap({ connection in connection.unfinishedSince.map { (since: $0, connection: connection) } })
                .min(by: { $0.since < $1.since })
        {
            oldest.connection.end()
        }
    }

    /// The number of connections that make room at once: in a rush, not each newcomer is to wait for another's end.
    private var crowd: Int { max(1, min(connections.count / 16, 16)) }

    private func add(_ descriptor: Int32) {
        if address.isTCP { StreamSocket.configureTCP(descriptor, options) }
        if handshaking.count >= Self.maxHandshaking {
            connections.removeValue(forKey: handshaking.removeFirst())?.close()
        }
        last = RoutingID(number: last.number + 1)
        connections[last] = StreamConnection(descriptor, as: role, with: last, settings, timer, on: thread) {
            [unowned self] in receive($0)
        }
        handshaking.append(last)
    }

    private func receive(_ event: SocketEvent) {
        switch event {
        case .connected(let peer): becameReady(peer)
        case .disconnected(let peer): forget(peer)
        case .message, .writable, .refused, .violation, .unreachable, .restored: break
        }
        handler(event)
    }

    private func becameReady(_ peer: RoutingID) {
        handshaking.removeAll { $0 == peer }
        guard room < 0 else { return }
        endMostSilent(sparing: peer)
        resumeAccepting()
    }

    private func forget(_ peer: RoutingID) {
        handshaking.removeAll { $0 == peer }
        connections[peer] = nil
    }

    private func pauseAccepting() {
        for registration in registrations { registration.interest = [] }
        timer.set(by: .now + Self.acceptPause)
    }

    private func resumeAccepting() {
        for registration in registrations { registration.interest = .readable }
    }
}

// MARK: - Time

extension StreamListener {
    private func check() {
        resumeAccepting()
        checkSocketFile()
        let now = ContinuousClock.now
        // A check may end a connection, and so change the table.
        for connection in Array(connections.values) { connection.check(at: now) }
    }

    /// Listens anew if the socket's file is gone; if something else has its path, tries again later.
    private func checkSocketFile() {
        guard let listening, listening.canBeLost else { return }
        timer.set(by: .now + Self.fileCheckInterval)
        guard !listening.isInPlace else { return }
        for registration in registrations { thread.detach(registration) }
        let event: SocketEvent
        do throws(ZeroMQError) {
            try listening.restore()
            event = .restored
        } catch {
            event = .unreachable(error)
        }
        attach(listening)
        handler(event)
    }
}

/// The bytes that all connections of one listener hold together of messages whose rest has not come.
final class UnfinishedMessages {
    /// Bytes.
    let limit: Int
    var bytes = 0
    /// Called if there are too many, so that some connections are ended.
    var handler: () -> Void = {}

    init(limit: Int) {
        self.limit = limit
    }

    var areTooMany: Bool { bytes > limit }
}
