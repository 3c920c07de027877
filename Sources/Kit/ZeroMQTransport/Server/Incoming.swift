import Endpoints
import Foundation
import ZeroMQ

/// A connected peer: the listener it came by, and how libzmq names it there.
struct PeerID: Hashable, Sendable {
    let listener: Int
    let routingID: [UInt8]
}

/// The way back to whoever sent a message: the peer, then the envelope of a plain REQ socket, if there is one.
struct ReturnPath: Sendable {
    let peer: PeerID
    let envelope: [[UInt8]]

    /// Finds where the message proper begins: after an envelope, which ends with an empty frame and is followed by a
    /// preamble; otherwise at once.
    ///
    /// - Returns: the way back and the index of the preamble; `nil` where there is no frame after the routing id.
    static func read(_ message: borrowing Multipart, from listener: Int) -> (path: ReturnPath, start: Int)? {
        guard message.count > 1 else { return nil }
        let peer = PeerID(listener: listener, routingID: message.bytes(at: 0))
        guard !message.withBytes(at: 1, { Preamble.isPreamble($0) }) else {
            return (ReturnPath(peer: peer, envelope: []), 1)
        }
        guard let delimiter = (1..<message.count).first(where: { message.size(at: $0) == 0 }),
            delimiter + 1 < message.count, message.size(at: delimiter + 1) == Preamble.size
        else { return (ReturnPath(peer: peer, envelope: []), 1) }
        return (ReturnPath(peer: peer, envelope: (1...delimiter).map { message.bytes(at: $0) }), delimiter + 1)
    }

    /// The first frames of the answer.
    func write(to message: inout Multipart) {
        message.append(peer.routingID)
        for frame in envelope { message.append(frame) }
    }
}

/// What a received message turns out to be.
enum Incoming {
    case message(Preamble, Head, body: Data)
    /// It breaks the protocol, and has an id to answer to.
    case refused(id: UInt64, Problem)
    /// It breaks the protocol, and there is nothing to answer to.
    case dropped

    /// Reads the message that begins at a frame.
    ///
    /// - Parameter maxBody: in bytes.
    static func read(_ message: borrowing Multipart, from start: Int, maxBody: Int) -> Incoming {
        switch message.withBytes(at: start, { Preamble.read($0) }) {
        case .unreadable: return .dropped
        case .foreign(let id):
            return .refused(id: id, Problem(.unsupportedVersion, "The first frame does not begin with S1."))
        case .unknownKind(let id):
            return .refused(id: id, Problem(.malformed, "The message is of a kind that is not known here."))
        case .preamble(let preamble):
            do throws(Problem) {
                let (head, body) = try read(message, after: start, preamble, maxBody: maxBody)
                return .message(preamble, head, body: body)
            } catch {
                return preamble.kind.mayBeRefused ? .refused(id: preamble.id, error) : .dropped
            }
        }
    }

    private static func read(
        _ message: borrowing Multipart, after start: Int, _ preamble: Preamble, maxBody: Int
    ) throws(Problem) -> (Head, Data) {
        guard !preamble.flags.contains(.mustUnderstand) else {
            throw Problem(.unsupported, "The message has a flag that must be understood, and is not known here.")
        }
        let frames = message.frameCount - start
        guard frames == 3 else { throw Problem(.malformed, "The message has \(frames) frames in place of three.") }
        let bodySize = message.size(at: start + 2)
        guard bodySize <= maxBody else {
            throw Problem(.tooLarge, "The body has \(bodySize) bytes; \(maxBody) are allowed.")
        }
        let head = try head(message, at: start + 1)
        guard preamble.kind != .request || head.namesEndpoint else {
            throw Problem(.malformed, "The head does not begin with the name of an endpoint.")
        }
        return (head, message.withBytes(at: start + 2) { Data($0) })
    }

    private static func head(_ message: borrowing Multipart, at index: Int) throws(Problem) -> Head {
        do throws(Head.Fault) {
            return try message.withBytes(at: index) { bytes throws(Head.Fault) in try Head(bytes) }
        } catch {
            switch error {
            case .tooLarge: throw Problem(.tooLarge, "The head has more than 16 KiB.")
            case .malformed(let detail): throw Problem(.malformed, detail)
            }
        }
    }
}

extension Preamble.Kind {
    /// Whether a malformed message of this kind is answered with a problem. To a CANCEL that would look like the reply to
    /// the call that it names; to an answer it would be an answer, and the two sides might never end.
    fileprivate var mayBeRefused: Bool {
        switch self {
        case .request, .ping, .hello: true
        case .reply, .cancel, .pong, .goAway: false
        }
    }
}
