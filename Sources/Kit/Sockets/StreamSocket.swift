internal import CEvents
package import EventLoop
internal import Glibc

/// The system's stream sockets, Unix and TCP, as both ends of a connection want them: non-blocking and closed by `exec`.
package enum StreamSocket {
    package static func make(_ family: Int32, _ operation: String) throws(SystemError) -> Int32 {
        let type = Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue | SOCK_NONBLOCK.rawValue)
        let descriptor = socket(family, type, 0)
        guard descriptor >= 0 else { throw .last(operation) }
        return descriptor
    }

    /// Two ends of one connection within this process, or `nil` if the system has no descriptors left.
    package static func makePair() -> (Int32, Int32)? {
        let type = Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue | SOCK_NONBLOCK.rawValue)
        var ends: [Int32] = [-1, -1]
        return socketpair(AF_UNIX, type, 0, &ends) == 0 ? (ends[0], ends[1]) : nil
    }

    /// Begins to connect.
    ///
    /// - Returns: a descriptor that is connected, or will be writable once it is or has failed.
    /// - Throws: the system's reason, such as `EAGAIN` for a Unix socket whose backlog is full.
    package static func connect(to address: SocketAddress) throws(SystemError) -> Int32 {
        let descriptor = try make(address.family, "connect")
        let result = address.withPointer { Glibc.connect(descriptor, $0, $1) }
        if result == 0 || errno == EINPROGRESS { return descriptor }
        let error = SystemError.last("connect")
        Glibc.close(descriptor)
        throw error
    }

    /// True unless an attempt to connect has failed.
    package static func isConnected(_ descriptor: Int32) -> Bool {
        var code: Int32 = 0
        var length = socklen_t(MemoryLayout<Int32>.size)
        return getsockopt(descriptor, SOL_SOCKET, SO_ERROR, &code, &length) == 0 && code == 0
    }

    /// Listens at an address.
    ///
    /// - Parameters:
    ///   - bothFamilies: true if a socket of IPv6 is to accept connections over IPv4, too.
    ///   - backlog: the connections that may wait to be accepted, if the system allows so many.
    ///   - operation: of the error.
    ///   - prepare: called when the socket is bound and no peer can connect yet; it returns false, with `errno` set, to give up.
    package static func listen(
        at address: SocketAddress, bothFamilies: Bool = false, backlog: Int, _ operation: String,
        prepare: () -> Bool = { true }
    ) throws(SystemError) -> Int32 {
        let descriptor = try make(address.family, operation)
        if address.family != AF_UNIX { set(descriptor, SOL_SOCKET, SO_REUSEADDR, 1) }
        if address.family == AF_INET6 { set(descriptor, Int32(IPPROTO_IPV6), IPV6_V6ONLY, bothFamilies ? 0 : 1) }
        if address.withPointer({ bind(descriptor, $0, $1) }) == 0, prepare(),
            Glibc.listen(descriptor, Int32(clamping: backlog)) == 0
        {
            return descriptor
        }
        let error = SystemError.last(operation)
        Glibc.close(descriptor)
        throw error
    }

    /// A connection that was accepted, or the reason why there is none.
    package enum Acceptance {
        case connection(Int32)
        case none
        /// The system has no descriptor or no memory left: another try would fail at once, and again.
        case exhausted
    }

    package static func accept(_ descriptor: Int32) -> Acceptance {
        let connection = accept4(descriptor, nil, nil, Int32(SOCK_NONBLOCK.rawValue | SOCK_CLOEXEC.rawValue))
        if connection >= 0 { return .connection(connection) }
        return [EMFILE, ENFILE, ENOMEM, ENOBUFS].contains(errno) ? .exhausted : .none
    }

    /// Sets an option whose value is a number. A system that does not have it goes on without.
    package static func set(_ descriptor: Int32, _ level: Int32, _ option: Int32, _ value: Int32) {
        var value = value
        setsockopt(descriptor, level, option, &value, socklen_t(MemoryLayout<Int32>.size))
    }
}
