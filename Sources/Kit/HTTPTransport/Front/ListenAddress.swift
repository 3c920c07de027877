import Glibc
import NIOCore

/// One of the addresses that a front listens at.
struct ListenAddress {
    let socket: SocketAddress
    /// True if it is the IPv6 wildcard and takes IPv4 as well.
    let isDualStack: Bool
    /// True if the machine may not have the address: then another one of the same host does.
    let isOptional: Bool

    /// The addresses of a front, by the host that names them.
    ///
    /// - Throws: ``UnknownHost``.
    static func resolve(_ hosts: [String]) throws(UnknownHost) -> [(host: String, addresses: [ListenAddress])] {
        let hosts = hosts.map(unbracketed)
        let hasIPv4Wildcard = hosts.contains("0.0.0.0")
        var resolved: [(host: String, addresses: [ListenAddress])] = []
        for host in hosts {
            // A machine without IPv6 has the second one only.
            let names = host == "*" ? (hasIPv4Wildcard ? ["::"] : ["::", "0.0.0.0"]) : [host]
            var sockets: [SocketAddress] = []
            for name in names {
                sockets += try addresses(of: name).filter { socket in
                    !resolved.contains { $0.addresses.contains { $0.socket == socket } }
                }
            }
            let addresses = sockets.map { socket in
                ListenAddress(
                    socket: socket, isDualStack: isWildcard(host) && socket.protocol == .inet6 && !hasIPv4Wildcard,
                    isOptional: sockets.count > 1)
            }
            resolved.append((host, addresses))
        }
        return resolved
    }

    static func isWildcard(_ host: String) -> Bool { ["*", "::", "0.0.0.0"].contains(host) }

    static func unbracketed(_ host: String) -> String {
        host.hasPrefix("[") && host.hasSuffix("]") ? String(host.dropFirst().dropLast()) : host
    }

    /// Listens there. As many connections wait to be accepted as the system allows: it lowers the number to
    /// `net.core.somaxconn`.
    ///
    /// - Parameter port: 0 for any that is free.
    /// - Returns: a descriptor that does not block.
    func listen(port: Int) throws(ListenError) -> Int32 {
        var address = socket
        address.port = port
        let isIPv6 = address.protocol == .inet6
        let type = Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue | SOCK_NONBLOCK.rawValue)
        let descriptor = Glibc.socket(isIPv6 ? AF_INET6 : AF_INET, type, 0)
        guard descriptor >= 0 else { throw ListenError(code: errno) }
        Self.set(descriptor, SOL_SOCKET, SO_REUSEADDR, 1)
        if isIPv6 { Self.set(descriptor, Int32(IPPROTO_IPV6), IPV6_V6ONLY, isDualStack ? 0 : 1) }
        let isBound = address.withSockAddr { bind(descriptor, $0, socklen_t($1)) == 0 }
        if isBound, Glibc.listen(descriptor, .max) == 0 { return descriptor }
        let error = ListenError(code: errno)
        close(descriptor)
        throw error
    }

    private static func set(_ descriptor: Int32, _ level: Int32, _ option: Int32, _ value: Int32) {
        var value = value
        setsockopt(descriptor, level, option, &value, socklen_t(MemoryLayout<Int32>.size))
    }

    /// The port of a descriptor that listens.
    static func port(of descriptor: Int32) -> Int {
        // It has the same place in an address of either family.
        var address = sockaddr_in6()
        var size = socklen_t(MemoryLayout<sockaddr_in6>.size)
        withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { _ = getsockname(descriptor, $0, &size) }
        }
        return Int(UInt16(bigEndian: address.sin6_port))
    }

    /// All addresses of a name, or the address itself.
    private static func addresses(of name: String) throws(UnknownHost) -> [SocketAddress] {
        var hints = addrinfo()
        hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
        hints.ai_flags = AI_PASSIVE
        var first: UnsafeMutablePointer<addrinfo>?
        let code = getaddrinfo(name, nil, &hints, &first)
        defer { freeaddrinfo(first) }
        guard code == 0 else { throw UnknownHost(host: name, reason: String(cString: gai_strerror(code))) }
        var found: [SocketAddress] = []
        for info in sequence(first: first, next: { $0?.pointee.ai_next }).compactMap({ $0?.pointee }) {
            guard let address = SocketAddress(info), !found.contains(address) else { continue }
            found.append(address)
        }
        return found
    }
}

/// A host to listen at has no address: a sentence that names it.
struct UnknownHost: Error, CustomStringConvertible {
    let host: String
    let reason: String

    var description: String { "“\(host)” is no address and no name that has one (\(reason))" }
}

extension SocketAddress {
    fileprivate init?(_ info: addrinfo) {
        switch info.ai_family {
        case AF_INET: self = info.ai_addr.withMemoryRebound(to: sockaddr_in.self, capacity: 1) { Self($0.pointee) }
        case AF_INET6: self = info.ai_addr.withMemoryRebound(to: sockaddr_in6.self, capacity: 1) { Self($0.pointee) }
        default: return nil
        }
    }
}

/// The system does not let the front listen, such as at a port that is in use.
struct ListenError: Error, CustomStringConvertible {
    /// The system's number for the reason.
    let code: Int32

    /// True if this machine does not have the address, or none of its family.
    var isMissingAddress: Bool { [EADDRNOTAVAIL, EAFNOSUPPORT].contains(code) }

    var description: String { String(cString: strerror(code)) }
}
