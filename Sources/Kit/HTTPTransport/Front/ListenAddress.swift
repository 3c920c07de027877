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

    var description: String { String(cString: strerror(code)) }
}
