import EventLoop
import Glibc
import Sockets

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
                sockets += try SocketAddress.all(of: name, port: 0).filter { socket in
                    !resolved.contains { $0.addresses.contains { $0.socket == socket } }
                }
            }
            let addresses = sockets.map { socket in
                ListenAddress(
                    socket: socket, isDualStack: isWildcard(host) && socket.family == AF_INET6 && !hasIPv4Wildcard,
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
        do {
            return try StreamSocket.listen(
                at: socket.with(port: UInt16(clamping: port)), bothFamilies: isDualStack, backlog: .max, "listen")
        } catch {
            throw ListenError(code: error.code)
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
