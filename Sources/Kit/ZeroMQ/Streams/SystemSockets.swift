internal import EventLoop
internal import Glibc
internal import Sockets

extension StreamSocket {
    /// Sends at once what is written, and notices a peer that has vanished.
    static func configureTCP(_ descriptor: Int32, _ options: SocketOptions) {
        let tcp = Int32(IPPROTO_TCP)
        set(descriptor, tcp, TCP_NODELAY, 1)
        set(descriptor, tcp, TCP_USER_TIMEOUT, options.maxRetransmission.milliseconds)
        guard let keepAlive = options.keepAlive else { return }
        set(descriptor, SOL_SOCKET, SO_KEEPALIVE, 1)
        set(descriptor, tcp, TCP_KEEPIDLE, keepAlive.idle.wholeSeconds)
        set(descriptor, tcp, TCP_KEEPINTVL, keepAlive.interval.wholeSeconds)
        set(descriptor, tcp, TCP_KEEPCNT, Int32(clamping: keepAlive.count))
    }
}

extension SocketAddress {
    /// The addresses of a host, as ``Address`` writes it: a name, IPv4, IPv6 in brackets, `*` for every interface.
    ///
    /// It **blocks** during a lookup by a name server, unless `numeric` is true: then names are not looked up.
    ///
    /// - Throws: `ZeroMQError` `EADDRNOTAVAIL` with the resolver's reason.
    static func resolve(
        _ host: String, port: UInt16, numeric: Bool = false, operation: String
    ) throws(ZeroMQError) -> [SocketAddress] {
        do {
            return try all(of: host, port: port, numeric: numeric)
        } catch {
            let reason = "the host \(host) cannot be resolved: \(error.reason)"
            throw ZeroMQError(code: EADDRNOTAVAIL, operation: operation, reason: reason)
        }
    }
}
