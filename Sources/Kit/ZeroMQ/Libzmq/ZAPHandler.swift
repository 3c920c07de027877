public import EventLoop

/// Decides which CURVE keys may connect, by RFC 27: those of `Context.admit(_:)`.
///
/// libzmq's sockets want one per context, started before the first CURVE server binds. Without one, or after its end, no peer is
/// admitted.
public actor ZAPHandler: ThreadBound {
    /// The address is RFC 27's.
    private static let address = Address(known: .inproc(name: "zeromq.zap.01"))

    /// The thread that it runs on.
    public nonisolated let thread: SocketThread
    private let context: Context
    private var socket: Socket?
    private var request = Multipart()
    private var reply = Multipart()

    /// A handler for a context, which is not started yet.
    public init(context: Context, thread: SocketThread) {
        self.context = context
        self.thread = thread
    }

    /// Binds the handler; again, does nothing.
    /// - Throws: `ZeroMQError` `EADDRINUSE` if the context has a handler already.
    public func start() throws(ZeroMQError) {
        guard socket == nil else { return }
        let socket = try Socket(.rep, in: context, options: .server)
        try socket.bind(Self.address)
        self.socket = socket
        thread.attach(socket) { [weak self] limit in self?.assumeIsolated { $0.drain(limit) } ?? 0 }
    }

    /// Closes the handler: from now on no new peer is admitted.
    public func stop() {
        socket?.close()
        socket = nil
    }

    private func drain(_ limit: Int) -> Int {
        guard let socket else { return 0 }
        for count in 0..<limit {
            // An error here is the end of the context; the thread will close the socket.
            guard (try? socket.receive(into: &request)) == true else { return count }
            makeReply()
            _ = try? socket.send(&reply)
        }
        return limit
    }

    /// Frames: version, request id, domain, address, identity, mechanism, credentials. (The identity is the server's own,
    /// and of no use.)
    private func makeReply() {
        let name = request.count > 6 && request.text(at: 0) == "1.0" ? admittedName() : nil
        reply.removeAll()
        reply.append("1.0")
        if request.count > 1 { reply.append(frame: 1, of: request) } else { reply.append("") }
        reply.append(name == nil ? "400" : "200")
        reply.append(name == nil ? "no" : "OK")
        reply.append(name ?? "")
        reply.append("")
    }

    private func admittedName() -> String? {
        guard request.text(at: 5) == "CURVE" else { return nil }
        let key = request.bytes(at: 6)
        if let name = context.admittedName(of: key, in: request.text(at: 2)) { return name }
        context.lastRefused = RefusedPeer(key: try? CurvePublicKey(bytes: key), host: request.text(at: 3))
        return nil
    }
}

/// A peer whose key is not admitted.
struct RefusedPeer: Sendable {
    let key: CurvePublicKey?
    let host: String
}
