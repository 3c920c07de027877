package import Foundation
import ZeroMQ

/// The first frame of every message: 16 bytes, little-endian, `<2sBBIQ`.
package struct Preamble: Equatable, Sendable {
    package enum MessageKind: UInt8, Sendable, CaseIterable {
        case request = 1
        case reply
        case cancel
        case ping
        case pong
        case hello
        case goAway
    }

    /// The flags of a request.
    package struct Flags: OptionSet, Sendable {
        package let rawValue: UInt8

        package init(rawValue: UInt8) {
            self.rawValue = rawValue
        }

        package static let idempotent = Flags(rawValue: 1)
        /// The caller wants to know where the call's time went.
        package static let timed = Flags(rawValue: 1 << 1)
        /// The unknown flags beside this one must be refused where they are not known.
        package static let mustUnderstand = Flags(rawValue: 1 << 7)
    }

    package static let size = 16
    /// `S1`: the magic and the major version.
    package static let magic: (UInt8, UInt8) = (UInt8(ascii: "S"), UInt8(ascii: "1"))

    package let kind: MessageKind
    package let flags: Flags
    /// Milliseconds: of a request the time that remains, of a reply or a GOAWAY the time until a retry makes sense.
    package let time: UInt32
    /// Unique among the connection's calls in flight; echoed, never interpreted.
    package let id: UInt64

    package init(_ kind: MessageKind, id: UInt64, flags: Flags = [], time: UInt32 = 0) {
        self.kind = kind
        self.flags = flags
        self.time = time
        self.id = id
    }

    /// Lends the frame.
    package func withBytes<Value>(_ body: (UnsafeRawBufferPointer) throws -> Value) rethrows -> Value {
        let first =
            UInt64(Self.magic.0) | UInt64(Self.magic.1) << 8 | UInt64(kind.rawValue) << 16
            | UInt64(flags.rawValue) << 24 | UInt64(time) << 32
        return try withUnsafeBytes(of: (first.littleEndian, id.littleEndian), body)
    }

    /// The frame.
    package var bytes: [UInt8] { withBytes { Array($0) } }
}

extension Preamble {
    /// The result of reading a first frame.
    package enum Parsed: Equatable {
        case preamble(Preamble)
        /// 16 bytes of another magic or version.
        case foreign(id: UInt64)
        case unknownKind(id: UInt64)
        /// Not 16 bytes: there is no id to reply to.
        case unreadable
    }

    package static func read(_ frame: UnsafeRawBufferPointer) -> Parsed {
        guard frame.count == size else { return .unreadable }
        let id = UInt64(littleEndian: frame.loadUnaligned(fromByteOffset: 8, as: UInt64.self))
        guard isPreamble(frame) else { return .foreign(id: id) }
        guard let kind = MessageKind(rawValue: frame[2]) else { return .unknownKind(id: id) }
        let time = UInt32(littleEndian: frame.loadUnaligned(fromByteOffset: 4, as: UInt32.self))
        return .preamble(Preamble(kind, id: id, flags: Flags(rawValue: frame[3]), time: time))
    }

    /// True if a frame is a preamble of this version, of whatever kind.
    package static func isPreamble(_ frame: UnsafeRawBufferPointer) -> Bool {
        frame.count == size && frame[0] == magic.0 && frame[1] == magic.1
    }
}

/// A message to be sent: its three frames.
package struct RPCMessage: OutboundMessage, Sendable {
    package let preamble: Preamble
    package let head: [UInt8]
    package let body: Data

    package init(_ preamble: Preamble, _ head: Headers = Headers(), body: Data = Data()) {
        self.init(preamble, head: head.bytes, body: body)
    }

    init(_ preamble: Preamble, head: [UInt8], body: Data) {
        self.preamble = preamble
        self.head = head
        self.body = body
    }

    /// In bytes, all frames together.
    var size: Int { Preamble.size + head.count + body.count }

    package func writeFrames(_ write: (_ frame: UnsafeRawBufferPointer, _ isLast: Bool) -> Void) {
        preamble.withBytes { write($0, false) }
        head.withUnsafeBytes { write($0, false) }
        body.withUnsafeBytes { write($0, true) }
    }
}

/// A message on its way back, behind the envelope that the peer's message came with.
struct Enveloped: OutboundMessage {
    let envelope: [[UInt8]]
    let message: RPCMessage

    func writeFrames(_ write: (_ frame: UnsafeRawBufferPointer, _ isLast: Bool) -> Void) {
        for frame in envelope { frame.withUnsafeBytes { write($0, false) } }
        message.writeFrames(write)
    }
}
