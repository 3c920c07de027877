internal import CEvents
internal import Glibc
package import ZMTP

/// A ROUTER, or a PUB, at a path of the file system: what `Socket(.router)` is over `ipc://`, spoken by this process itself
/// and not through libzmq's I/O thread, which spares three wake-ups each way. Peers cannot tell the difference.
///
/// Unlike libzmq it tells at once which peer has gone, it bounds what a peer can make it hold, and it goes on where the
/// process has no descriptor left: libzmq's listener ends the process then.
package final class IPCRouter {
    /// By it the router and its user name a peer; never used again.
    package typealias PeerNumber = UInt64

    private let role: Session.Role
    private let thread: SocketThread
    private let limits: Session.Limits
    private let handler: (PeerNumber, IPCConnection.Event) -> Void
    private let files: IPCFiles
    private var attachment: SocketAttachment?
    private var connections: [PeerNumber: IPCConnection] = [:]
    private var lastNumber: PeerNumber = 0
    /// Those whose handshake is not done, and until when it must be.
    private var strangers: [PeerNumber: ContinuousClock.Instant] = [:]
    private var alarm: Alarm?

    /// A peer that has said nothing sensible for so long is sent away.
    package static let handshakeTime = Duration.seconds(3)
    /// For how long a closing socket waits for peers that read slowly, all together.
    static let linger = Duration.milliseconds(500)
    /// Little: what a slow peer does not read is its front's business, which bounds and counts it.
    private static let highWaterMark = 256 * 1024
    /// More: a PUB has nobody behind it who keeps what a slow peer does not read.
    private static let publisherHighWaterMark = 1024 * 1024
    private static let acceptsAtOnce = 64
    private static let pause = Duration.milliseconds(100)

    /// Listens, from the thread only.
    ///
    /// - Parameters:
    ///   - role: `router` or `pub`.
    ///   - handler: a PUB's hears of no message, for its peers only say what they want; others are sent away.
    /// - Throws: `ZeroMQError` as `Socket.bind(_:)` does.
    package init(
        as role: Session.Role = .router, at path: String, backlog: Int, limits: Session.Limits, on thread: SocketThread,
        handler: @escaping (PeerNumber, IPCConnection.Event) -> Void
    ) throws(ZeroMQError) {
        self.role = role
        self.thread = thread
        self.limits = limits
        self.handler = handler
        files = try IPCFiles(path: path, backlog: backlog, operation: "bind ipc://\(path)")
        alarm = try Alarm(on: thread) { [unowned self] in look() }
        attachment = thread.attach(descriptor: files.descriptor) { [unowned self] _ in accept() }
    }

    deinit { close() }

    /// - Returns: `unreachable` where the peer is gone.
    package func send(to peer: PeerNumber, _ write: (inout FrameWriter) -> Void) -> SendResult {
        connections[peer]?.send(write) ?? .unreachable
    }

    /// Sends a message to every peer that wants it, as a PUB. One that reads too slowly misses it.
    ///
    /// - Parameters:
    ///   - topic: the first frame.
    ///   - write: appends all frames; it is called for each of the peers.
    package func publish(_ topic: String, _ write: (inout FrameWriter) -> Void) {
        var topic = topic
        topic.withUTF8 { bytes in
            for connection in connections.values where connection.subscriptions.want(UnsafeRawBufferPointer(bytes)) {
                _ = connection.send(write)
            }
        }
    }

    /// Writes what is there, closes all connections without an event, and gives the path back. Again, does nothing.
    package func close() {
        guard let attachment else { return }
        self.attachment = nil
        alarm?.cancel()
        thread.detach(attachment)
        let end = ContinuousClock.now + Self.linger
        for connection in connections.values { connection.finish(by: end) }
        connections = [:]
        files.abandon()
    }

    private func accept() {
        for _ in 0..<Self.acceptsAtOnce {
            let flags = Int32(SOCK_NONBLOCK.rawValue | SOCK_CLOEXEC.rawValue)
            let descriptor = accept4(files.descriptor, nil, nil, flags)
            guard descriptor >= 0 else {
                // Without a free descriptor the next try would fail at once, and again.
                if [EMFILE, ENFILE, ENOMEM, ENOBUFS].contains(errno) { rest() }
                return
            }
            admit(descriptor)
        }
    }

    private func admit(_ descriptor: Int32) {
        lastNumber += 1
        let number = lastNumber
        connections[number] = IPCConnection(
            descriptor, as: role, limits: limits, highWaterMark: highWaterMark, on: thread
        ) { [unowned self] _, event in
            switch event {
            case .ready: strangers[number] = nil
            case .message, .room: break
            case .ended:
                strangers[number] = nil
                connections[number] = nil
            }
            handler(number, event)
        }
        strangers[number] = .now + Self.handshakeTime
        if strangers.count == 1 { alarm?.set(after: Self.handshakeTime) }
    }

    private var highWaterMark: Int { role == .pub ? Self.publisherHighWaterMark : Self.highWaterMark }

    private func rest() {
        attachment?.interest = []
        alarm?.set(after: Self.pause)
    }

    /// Sends strangers away whose time is over, and accepts again after a pause.
    private func look() {
        attachment?.interest = .readable
        for (number, end) in strangers where end <= .now {
            strangers[number] = nil
            connections.removeValue(forKey: number)?.close()
        }
        if let next = strangers.values.min() {
            alarm?.set(after: max(.milliseconds(1), ContinuousClock.now.duration(to: next)))
        }
    }
}
