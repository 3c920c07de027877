import EventLoop
public import ZeroMQ

/// The ZeroMQ context that the services of one process share, and the keys that may connect to them.
public struct ZeroMQRuntime: Sendable {
    /// The context of the process's sockets.
    public let context: Context
    /// Decides for libzmq which keys may connect; `nil` if another engine speaks.
    private let zap: ZAPHandler?

    /// - Parameters:
    ///   - publicKeys: those that may connect with CURVE, by name.
    ///   - engine: the implementation of ZMTP on the wires.
    /// - Throws: `ZeroMQError`; `SystemError` if there is no descriptor for another thread.
    public init(publicKeys: [String: CurvePublicKey], engine: Engine = .builtIn) async throws {
        context = try Context(engine: engine)
        var allowed = AllowList()
        for (name, key) in publicKeys { allowed.allow(key, as: name, in: ZeroMQRuntime.domain) }
        context.admit(allowed)
        zap = engine == .libzmq ? ZAPHandler(context: context, thread: try SocketThread(name: "zap")) : nil
        try await zap?.start()
    }

    /// Waits until every socket is closed, and ends the context.
    public func stop() async {
        if let zap {
            await zap.stop()
            await zap.thread.shutdown()
        }
        context.terminate()
    }

    /// The domain (RFC 27) of all servers here.
    static let domain = "services"
}
