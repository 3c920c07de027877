/// A violation of ZMTP by the other side. The connection is closed.
package struct ZMTPError: Error, Equatable, CustomStringConvertible {
    package let description: String

    init(_ description: String) {
        self.description = description
    }
}

/// A command frame (RFC 37, section "Commands"): what the two ends of a connection send each other.
enum Command: Equatable {
    case ready(socketType: String)
    /// The context is to be sent back. A peer that then hears nothing for its time to live, which is in tenths of a
    /// second and 0 for none, is to be given up.
    case ping(timeToLive: UInt16, context: [UInt8])
    case pong
    /// Messages are wanted whose first frame begins so.
    case subscribe(prefix: [UInt8])
    case cancel(prefix: [UInt8])
    case error(reason: String)
    /// To be passed over.
    case unknown

    private static let maxContext = 16

    /// - Parameter body: of the frame.
    init(_ body: UnsafeRawBufferPointer) throws(ZMTPError) {
        let (name, rest) = try Self.split(body)
        switch name {
        case "READY": self = .ready(socketType: try Self.socketType(rest))
        case "PING":
            guard (2...2 + Self.maxContext).contains(rest.count) else { throw ZMTPError("a PING is malformed") }
            let timeToLive = UInt16(rest[0]) << 8 | UInt16(rest[1])
            self = .ping(timeToLive: timeToLive, context: Array(rest[2...]))
        case "PONG": self = .pong
        case "SUBSCRIBE": self = .subscribe(prefix: Array(rest))
        case "CANCEL": self = .cancel(prefix: Array(rest))
        case "ERROR": self = .error(reason: String(decoding: rest.dropFirst(), as: UTF8.self))
        default: self = .unknown
        }
    }

    /// Reads the metadata of a READY: names with a length of one byte, values with one of four, big-endian.
    static func socketType(_ metadata: UnsafeRawBufferPointer) throws(ZMTPError) -> String {
        var type: String?
        var rest = metadata[...]
        while let length = rest.popFirst() {
            guard length > 0, rest.count >= Int(length) + 4 else { throw ZMTPError("the metadata is cut off") }
            let name = String(decoding: rest.prefix(Int(length)), as: UTF8.self)
            rest = rest.dropFirst(Int(length))
            let size = rest.prefix(4).reduce(0) { $0 << 8 | Int($1) }
            rest = rest.dropFirst(4)
            guard rest.count >= size else { throw ZMTPError("the metadata is cut off") }
            // Names are case-insensitive.
            if name.lowercased() == "socket-type" { type = String(decoding: rest.prefix(size), as: UTF8.self) }
            rest = rest.dropFirst(size)
        }
        guard let type else { throw ZMTPError("the peer does not say of which type its socket is") }
        return type
    }

    /// The name of a command and what follows it.
    static func split(
        _ body: UnsafeRawBufferPointer
    ) throws(ZMTPError) -> (name: String, rest: UnsafeRawBufferPointer) {
        guard let length = body.first, length > 0, body.count > length else {
            throw ZMTPError("a command has no name")
        }
        let name = String(decoding: body[1...Int(length)], as: UTF8.self)
        return (name, UnsafeRawBufferPointer(rebasing: body[(1 + Int(length))...]))
    }

    /// The properties that a socket sends. Like libzmq's, it has no identity.
    static func metadata(_ role: ZMTPSession.SocketRole) -> [UInt8] {
        property("Socket-Type", role.rawValue) + property("Identity", "")
    }

    static func ready(_ role: ZMTPSession.SocketRole) -> [UInt8] { body("READY", metadata(role)) }

    static func ping(timeToLive: UInt16) -> [UInt8] {
        body("PING", [UInt8(timeToLive >> 8), UInt8(timeToLive & 255)])
    }

    static func pong(_ context: [UInt8]) -> [UInt8] { body("PONG", context) }

    static func body(_ name: String, _ rest: [UInt8]) -> [UInt8] { [UInt8(name.utf8.count)] + name.utf8 + rest }

    private static func property(_ name: String, _ value: String) -> [UInt8] {
        [UInt8(name.utf8.count)] + name.utf8 + [0, 0, 0, UInt8(value.utf8.count)] + value.utf8
    }
}
