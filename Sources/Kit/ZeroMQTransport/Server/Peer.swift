import Endpoints
import RPC
import ZeroMQ
import ZMTP

/// A connected peer: the socket it came by, and its name there.
struct PeerID: Hashable, Sendable {
    let listener: Int
    let name: RoutingID
}

/// The way back to the sender of a message: the peer, then the envelope of a plain REQ socket or of proxies, if any.
struct ReplyRoute: Sendable {
    let peer: Peer
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
    static func read(_ frames: Frames, from peer: Peer) -> (path: ReplyRoute, start: Int)? {
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

/// A call among those of one connected peer. Behind a proxy there may be several callers, who do not know of each
/// other's ids: the envelope distinguishes them.
struct CallID: Hashable {
    let id: UInt64
    let envelope: [[UInt8]]

    init(_ id: UInt64, _ path: ReplyRoute) {
        self.id = id
        envelope = path.envelope
    }

    func hash(into hasher: inout Hasher) {
        hasher.combine(id)
        for frame in envelope { hasher.combine(frame) }
    }
}

/// The state of one connected peer.
final class Peer: @unchecked Sendable {  // its state is touched on the front's thread only
    let id: PeerID
    /// True once its connection has ended: nothing reaches it any more.
    var isGone = false
    /// True if it has sent HELLO, and so understands messages that are no replies, such as GOAWAY.
    var isGreeted = false
    /// The largest body of a reply that it reads, in bytes: a larger one would end its connection, and with it every call.
    var maxReply = Int.max
    /// The time that its messages are under way.
    var transit = TransitTime()
    /// Calls that wait for their turn.
    var queuedCalls = 0
    private var calls: [CallID: CallState] = [:]
    /// Replies that the socket has not accepted yet, oldest first.
    var sendQueue = SendQueue()

    /// The progress of a call that has no reply yet.
    private enum CallState {
        /// It is not begun, and whether its caller has cancelled it.
        case waiting(isCancelled: Bool)
        case running(RunningCall)
    }

    enum CallRejection {
        case duplicate
        case tooMany
    }

    init(_ id: PeerID) {
        self.id = id
    }

    /// True if it still waits for replies.
    var isBusy: Bool { !calls.isEmpty || !sendQueue.isEmpty }

    var running: [RunningCall] {
        calls.values.compactMap { if case .running(let call) = $0 { call } else { nil } }
    }

    /// Enters a call that is not begun.
    func enter(_ id: CallID, limit: Int) -> CallRejection? {
        guard calls.count < limit else { return calls[id] == nil ? .tooMany : .duplicate }
        guard let earlier = calls.updateValue(.waiting(isCancelled: false), forKey: id) else { return nil }
        calls[id] = earlier
        return .duplicate
    }

    /// Records the handle of a call that has begun, unless it is over already.
    func began(_ call: RunningCall, _ id: CallID) {
        if !call.isFinished { calls[id] = .running(call) }
    }

    func leave(_ id: CallID) {
        calls[id] = nil
    }

    /// Cancels a call: one that is not begun never will be.
    func cancel(_ id: CallID) {
        switch calls[id] {
        case .waiting: calls[id] = .waiting(isCancelled: true)
        case .running(let call): call.cancel()
        case nil: break
        }
    }

    /// True if a call that is not begun was cancelled.
    func hasCancelled(_ id: CallID) -> Bool {
        if case .waiting(let isCancelled) = calls[id] { isCancelled } else { false }
    }
}

/// Replies to a peer that reads slowly. It is bounded: a peer that does not read at all loses its replies, not the
/// service its memory.
struct SendQueue {
    static let maxMessages = 16_384
    static let maxBytes = 64 * 1024 * 1024

    private var messages: [(RPCMessage, ReplyRoute)] = []
    private var bytes = 0

    var isEmpty: Bool { messages.isEmpty }

    /// - Returns: whether there was room.
    mutating func append(_ message: (RPCMessage, ReplyRoute)) -> Bool {
        let size = Self.size(message)
        guard messages.count < Self.maxMessages, bytes + size <= Self.maxBytes else { return false }
        messages.append(message)
        bytes += size
        return true
    }

    /// Sends from the oldest on, until one is not accepted.
    mutating func flush(_ send: (RPCMessage, ReplyRoute) -> Bool) {
        let sent = messages.prefix(while: send)
        bytes -= sent.reduce(0) { $0 + Self.size($1) }
        messages.removeFirst(sent.count)
    }

    private static func size(_ message: (RPCMessage, ReplyRoute)) -> Int { message.0.size + message.1.size }
}
