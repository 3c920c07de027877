import ZeroMQTransport
public import ZeroMQ

/// What the services of one process share: libzmq's context, and the door-keeper of its encrypted sockets.
public struct Runtime: Sendable {
    public let context: Context
    private let doorThread: SocketThread
    private let door: ZAPHandler

    /// - Parameter publicKeys: who may connect, by name.
    /// - Throws: `ZeroMQError`.
    public init(publicKeys: [String: CurvePublicKey]) async throws(ZeroMQError) {
        context = try Context()
        doorThread = try SocketThread(name: "zap")
        var allowed = AllowList()
        for (name, key) in publicKeys { allowed.allow(key, as: name, in: Runtime.domain) }
        door = ZAPHandler(context: context, thread: doorThread, allowing: allowed)
        try await door.start()
    }

    /// Waits until every socket is closed, and ends the context.
    public func stop() async {
        await doorThread.shutdown()
        context.terminate()
    }

    /// The ZAP domain of all servers here.
    static let domain = "star"
}
