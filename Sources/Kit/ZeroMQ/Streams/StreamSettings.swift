internal import ZMTP

extension StreamConnection.Settings {
    /// - Parameter options: heartbeats and security hold for `tcp://`; elsewhere the kernel and the file system do.
    init(
        _ options: SocketOptions, for address: Address, in context: Context, highWaterMark: Int, holdsBack: Bool = false
    ) {
        let limits = Session.Limits(frame: options.maxMessageSize ?? .max / 4)
        self.init(
            limits: limits, unfinished: UnfinishedMessages(limit: max(options.maxUnfinished, 2 * limits.message)),
            curve: address.isTCP ? Curve(options.security, in: context) : nil, highWaterMark: highWaterMark,
            holdsBack: holdsBack, handshakeTime: options.handshakeInterval,
            heartbeat: address.isTCP ? options.heartbeat : nil)
    }
}

extension Curve {
    /// - Returns: `nil` for connections in clear.
    fileprivate init?(_ security: SocketOptions.Security, in context: Context) {
        switch security {
        case .none: return nil
        case .curveServer(let secretKey, let domain):
            self = .server(secretKey: secretKey.bytes) { key in context.admittedName(of: key, in: domain) }
        case .curveClient(let keys, let serverKey):
            self = .client(
                publicKey: keys.publicKey.bytes, secretKey: keys.secretKey.bytes, serverKey: serverKey.bytes)
        }
    }
}
