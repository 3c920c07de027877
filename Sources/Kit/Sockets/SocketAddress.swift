package import Glibc

/// An address as the system's calls expect it: a path, or a host of IPv4 or IPv6 with a port.
package struct SocketAddress: Hashable, Sendable {
    private var bytes: [UInt8]

    /// The longest path that fits `sockaddr_un` with its final NUL, in bytes.
    package static let maxPath = 107

    /// A Unix socket's.
    ///
    /// - Parameter path: of ``maxPath`` bytes at most.
    package init(path: String) {
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path.utf8.prefix(Self.maxPath)) }
        bytes = withUnsafeBytes(of: address) { Array($0) }
    }

    private init(copying pointer: UnsafePointer<sockaddr>, _ length: socklen_t) {
        bytes = Array(UnsafeRawBufferPointer(start: pointer, count: Int(length)))
    }

    package var family: Int32 { withPointer { pointer, _ in Int32(pointer.pointee.sa_family) } }

    package func withPointer<Value>(_ body: (UnsafePointer<sockaddr>, socklen_t) -> Value) -> Value {
        // Not aligned as the system wants it: copied to where it is.
        withUnsafeTemporaryAllocation(of: sockaddr_storage.self, capacity: 1) { storage in
            let raw = UnsafeMutableRawBufferPointer(storage)
            raw.copyBytes(from: bytes)
            return raw.withMemoryRebound(to: sockaddr.self) { buffer in
                guard let start = buffer.baseAddress else { preconditionFailure("the storage has a size") }
                return body(start, socklen_t(bytes.count))
            }
        }
    }

    /// The same host with another port.
    package func with(port: UInt16) -> SocketAddress {
        var copy = self
        // Of IPv4 and IPv6 alike, these are the bytes after the family.
        if family == AF_INET || family == AF_INET6 {
            copy.bytes.replaceSubrange(2..<4, with: [UInt8(port >> 8), UInt8(port & 255)])
        }
        return copy
    }

    /// The host in digits, IPv6 in brackets.
    package var host: String? {
        let text = withUnsafeTemporaryAllocation(of: CChar.self, capacity: Int(NI_MAXHOST)) { buffer in
            withPointer { pointer, length in
                getnameinfo(pointer, length, buffer.baseAddress, socklen_t(buffer.count), nil, 0, NI_NUMERICHOST) == 0
                    ? buffer.baseAddress.map { String(cString: $0) } : nil
            }
        }
        return text.map { family == AF_INET6 ? "[\($0)]" : $0 }
    }

    /// The host of a connection's other end; `nil` if it has none.
    package static func peer(of descriptor: Int32) -> String? {
        var storage = sockaddr_storage()
        var length = socklen_t(MemoryLayout<sockaddr_storage>.size)
        return withUnsafeMutablePointer(to: &storage) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
                getpeername(descriptor, address, &length) == 0 ? SocketAddress(copying: address, length).host : nil
            }
        }
    }

    /// The port of a bound socket; 0 for one without ports.
    package static func port(of descriptor: Int32) -> UInt16 {
        var address = sockaddr_in6()
        var length = socklen_t(MemoryLayout<sockaddr_in6>.size)
        let result = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { getsockname(descriptor, $0, &length) }
        }
        // IPv4 has its port in the same place.
        return result == 0 ? UInt16(bigEndian: address.sin6_port) : 0
    }
}

extension SocketAddress {
    /// The addresses of a host: a name, IPv4, IPv6 with brackets or without, `*` for every interface.
    ///
    /// It **blocks** during a lookup by a name server, unless `numeric` is true: then names are not looked up.
    package static func all(
        of host: String, port: UInt16, numeric: Bool = false
    ) throws(UnknownHost) -> [SocketAddress] {
        var hints = addrinfo()
        hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
        hints.ai_flags = AI_NUMERICSERV | (host == "*" ? AI_PASSIVE : 0) | (numeric ? AI_NUMERICHOST : 0)
        let isBracketed = host.hasPrefix("[") && host.hasSuffix("]")
        let name = host == "*" ? nil : isBracketed ? String(host.dropFirst().dropLast()) : host
        var first: UnsafeMutablePointer<addrinfo>?
        let code = getaddrinfo(name, String(port), &hints, &first)
        guard code == 0 else {
            let reason = code == EAI_SYSTEM ? String(cString: strerror(errno)) : String(cString: gai_strerror(code))
            throw UnknownHost(host: host, reason: reason)
        }
        defer { freeaddrinfo(first) }
        var addresses: [SocketAddress] = []
        var next = first
        while let entry = next?.pointee {
            next = entry.ai_next
            guard let address = entry.ai_addr.map({ SocketAddress(copying: $0, entry.ai_addrlen) }) else { continue }
            // A file of hosts may name one twice.
            if !addresses.contains(address) { addresses.append(address) }
        }
        return addresses
    }
}

/// A host has no address: a sentence that names it.
package struct UnknownHost: Error, CustomStringConvertible {
    package let host: String
    /// The resolver's.
    package let reason: String

    package var description: String { "“\(host)” is no address and no name that has one (\(reason))" }
}
