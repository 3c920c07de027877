import Endpoints
package import Foundation
import ZMTP
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
        /// The unknown flags beside this one must be refused if they are not known.
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

/// The result of reading a message.
enum InboundMessage {
    case message(Preamble, Headers, body: Data)
    /// A request that breaks the protocol, but names its call and endpoint.
    case faulty(Preamble, Headers, Problem)
    /// It breaks the protocol, and has an id to reply to.
    case refused(id: UInt64, Problem)
    /// It breaks the protocol, and there is no id to reply to.
    case dropped

    /// The largest contract that a client may present in its HELLO, in bytes: no limit of calls holds for it.
    static let maxContract = 1024 * 1024

    /// Reads the message that begins at a frame.
    ///
    /// - Parameter maxBody: of a call, in bytes.
    static func read(_ frames: Frames, from start: Int, maxBody: Int) -> InboundMessage {
        switch Preamble.read(frames[start]) {
        case .unreadable: return .dropped
        case .foreign(let id):
            return .refused(id: id, Problem(.unsupportedVersion, "The first frame does not begin with S1."))
        case .unknownKind(let id):
            return .refused(id: id, Problem(.malformed, "The message is of a kind that is not known here."))
        case .preamble(let preamble):
            do throws(Problem) {
                let (head, body) = try read(frames, after: start, preamble, maxBody: maxBody)
                return .message(preamble, head, body: body)
            } catch {
                guard preamble.kind.mayBeRefused else { return .dropped }
                guard preamble.kind == .request, hasThreeFrames(frames, from: start),
                    let head = try? Headers(frames[start + 1])
                else { return .refused(id: preamble.id, error) }
                return .faulty(preamble, head, error)
            }
        }
    }

    private static func read(
        _ frames: Frames, after start: Int, _ preamble: Preamble, maxBody: Int
    ) throws(Problem) -> (Headers, Data) {
        guard !preamble.flags.contains(.mustUnderstand) else {
            throw Problem(.unsupported, "The message has a flag that must be understood, and is not known here.")
        }
        guard frames.isWhole else {
            throw Problem(
                .malformed, "The message has \(frames.total) frames with its envelope; \(Frames.limit) are allowed.")
        }
        guard hasThreeFrames(frames, from: start) else {
            throw Problem(.malformed, "The message has \(frames.count - start) frames in place of three.")
        }
        let body = frames[start + 2]
        let maxBody = preamble.kind == .hello ? max(maxBody, maxContract) : maxBody
        guard body.count <= maxBody else {
            throw Problem(.tooLarge, "The body is larger than \(maxBody) bytes.")
        }
        let head = try head(frames[start + 1])
        guard preamble.kind != .request || head.namesEndpoint else {
            throw Problem(.malformed, "The head does not begin with the name of an endpoint.")
        }
        return (head, frames.data(at: start + 2))
    }

    /// True if the message proper has three frames, and all of them can be read: frames beyond ``Frames/limit`` are
    /// only counted.
    private static func hasThreeFrames(_ frames: Frames, from start: Int) -> Bool {
        frames.isWhole && frames.count - start == 3
    }

    private static func head(_ bytes: UnsafeRawBufferPointer) throws(Problem) -> Headers {
        do throws(Headers.HeaderError) {
            return try Headers(bytes)
        } catch {
            switch error {
            case .tooLarge: throw Problem(.tooLarge, "The head has more than 16 KiB.")
            case .malformed(let detail): throw Problem(.malformed, detail)
            }
        }
    }
}

extension Frames {
    /// The bytes of a frame, for as long as they are wanted. Many are not copied, if they are most of what is kept with them.
    func data(at index: Int) -> Data {
        let frame = self[index]
        guard frame.count >= 32 * 1024, let keeper, frame.count >= keeper.capacity / 2, let start = frame.baseAddress
        else { return Data(frame) }
        return Data(
            bytesNoCopy: UnsafeMutableRawPointer(mutating: start), count: frame.count,
            deallocator: .custom { _, _ in withExtendedLifetime(keeper) {} })
    }
}

extension Preamble.MessageKind {
    /// True if a malformed message of this kind is replied to with a problem. To a CANCEL that would look like the reply
    /// to the call that it names; a reply to a reply could be replied to, and the two sides might never end.
    fileprivate var mayBeRefused: Bool {
        switch self {
        case .request, .ping, .hello: true
        case .reply, .cancel, .pong, .goAway: false
        }
    }
}
