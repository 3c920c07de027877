public import ZeroMQ

/// The ZeroMQ context that the services of one process share, and the keys that may connect to them.
public struct ZeroMQRuntime: Sendable {
    /// The context of the process's sockets.
    public let context: Context

    /// - Parameter publicKeys: those that may connect with CURVE, by name.
    /// - Throws: `ZeroMQError`.
    public init(publicKeys: [String: CurvePublicKey]) async throws(ZeroMQError) {
        context = try Context()
        var allowed = AllowList()
        for (name, key) in publicKeys { allowed.allow(key, as: name, in: ZeroMQRuntime.domain) }
        context.admit(allowed)
    }

    /// Waits until every socket is closed, and ends the context.
    public func stop() async {
        context.terminate()
    }

    /// The domain (RFC 27) of all servers here.
    static let domain = "services"
}
