internal import CEvents
internal import Glibc

/// The system's stream sockets, Unix and TCP, as both ends of a connection want them: non-blocking and closed by `exec`.
enum StreamSocket {
    static func make(_ family: Int32, _ operation: String) throws(ZeroMQError) -> Int32 {
        let type = Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue | SOCK_NONBLOCK.rawValue)
        let descriptor = socket(family, type, 0)
        guard descriptor >= 0 else { throw .system(operation) }
        return descriptor
    }

    /// Two ends of one connection within this process, or `nil` if the system has no descriptors left.
    static func makePair() -> (Int32, Int32)? {
        let type = Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue | SOCK_NONBLOCK.rawValue)
        var ends: [Int32] = [-1, -1]
        return socketpair(AF_UNIX, type, 0, &ends) == 0 ? (ends[0], ends[1]) : nil
    }

    /// Begins to connect.
    ///
    /// - Returns: a descriptor that is connected, or will be writable once it is or has failed.
    /// - Throws: the system's reason, such as `EAGAIN` for a Unix socket whose backlog is full.
    static func connect(to address: SocketAddress) throws(ZeroMQError) -> Int32 {
        let descriptor = try make(address.family, "connect")
        let result = address.withPointer { Glibc.connect(descriptor, $0, $1) }
        if result == 0 || errno == EINPROGRESS { return descriptor }
        let error = ZeroMQError.system("connect")
        Glibc.close(descriptor)
        throw error
    }

    /// True unless an attempt to connect has failed.
    static func isConnected(_ descriptor: Int32) -> Bool {
        var code: Int32 = 0
        var length = socklen_t(MemoryLayout<Int32>.size)
        return getsockopt(descriptor, SOL_SOCKET, SO_ERROR, &code, &length) == 0 && code == 0
    }

    /// A socket bound to an address, which does not listen yet.
    ///
    /// - Parameter bothFamilies: true if a socket of IPv6 is to accept connections over IPv4, too.
    static func bound(
        to address: SocketAddress, bothFamilies: Bool = false, _ operation: String
    ) throws(ZeroMQError) -> Int32 {
        let descriptor = try make(address.family, operation)
        if address.family != AF_UNIX { set(descriptor, SOL_SOCKET, SO_REUSEADDR, 1) }
        if address.family == AF_INET6 { set(descriptor, Int32(IPPROTO_IPV6), IPV6_V6ONLY, bothFamilies ? 0 : 1) }
        if address.withPointer({ bind(descriptor, $0, $1) }) == 0 { return descriptor }
        let error = ZeroMQError.system(operation)
        Glibc.close(descriptor)
        throw error
    }

    /// Lets peers connect to a bound socket, which is closed if that fails.
    static func listen(_ descriptor: Int32, backlog: Int, _ operation: String) throws(ZeroMQError) {
        if Glibc.listen(descriptor, Int32(clamping: backlog)) == 0 { return }
        let error = ZeroMQError.system(operation)
        Glibc.close(descriptor)
        throw error
    }

    static func accept(_ descriptor: Int32) -> Int32 {
        accept4(descriptor, nil, nil, Int32(SOCK_NONBLOCK.rawValue | SOCK_CLOEXEC.rawValue))
    }

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

    private static func set(_ descriptor: Int32, _ level: Int32, _ option: Int32, _ value: Int32) {
        var value = value
        setsockopt(descriptor, level, option, &value, socklen_t(MemoryLayout<Int32>.size))
    }
}
