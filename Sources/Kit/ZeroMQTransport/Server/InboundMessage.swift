import Endpoints
import Foundation
import ZMTP
import ZeroMQ

/// A connected peer: the socket it came by, and its name there.
struct PeerID: Hashable, Sendable {
    let listener: Int
    let name: RoutingID
}

/// The way back to the sender of a message: the peer, then the envelope of a plain REQ socket or of proxies, if any.
struct ReplyRoute: Sendable {
    let peer: PeerID
    let envelope: [[UInt8]]

    /// The longest frame of an envelope, in bytes: a routing id has no more (RFC 37, section "Identity"). An envelope
    /// is held until its call is replied to.
    static let maxEnvelopeFrame = 255

    /// The bytes of the envelope.
    var size: Int { envelope.reduce(0) { $0 + $1.count } }

    /// Finds the beginning of the message proper: at the first preamble, with an envelope before it if it is not the
    /// first frame. Without a preamble of this version an envelope ends with an empty frame, behind which 16 bytes
    /// follow.
    ///
    /// - Returns: the way back and the index of the preamble, which can be read; `nil` if there is no frame.
    static func read(_ frames: Frames, from peer: PeerID) -> (path: ReplyRoute, start: Int)? {
        guard frames.count > 0 else { return nil }
        let start = start(of: frames)
        guard (0..<start).allSatisfy({ frames[$0].count <= maxEnvelopeFrame }) else {
            return (ReplyRoute(peer: peer, envelope: []), 0)
        }
        return (ReplyRoute(peer: peer, envelope: (0..<start).map { Array(frames[$0]) }), start)
    }

    private static func start(of frames: Frames) -> Int {
        if let preamble = (0..<frames.count).first(where: { Preamble.isPreamble(frames[$0]) }) { return preamble }
        guard let delimiter = (0..<frames.count).first(where: { frames[$0].isEmpty }),
            delimiter + 1 < frames.count, frames[delimiter + 1].count == Preamble.size
        else { return 0 }
        return delimiter + 1
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

    /// Reads the message that begins at a frame.
    ///
    /// - Parameter maxBody: in bytes.
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
        guard body.count <= maxBody else {
            throw Problem(.tooLarge, "The body has \(body.count) bytes; \(maxBody) are allowed.")
        }
        let head = try head(frames[start + 1])
        guard preamble.kind != .request || head.namesEndpoint else {
            throw Problem(.malformed, "The head does not begin with the name of an endpoint.")
        }
        return (head, Data(body))
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
