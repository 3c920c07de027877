/// ZMTP 3.1 (RFC 37) with the mechanism NULL or CURVE (RFC 26), as one side of one connection keeps it: bytes come in,
/// events and bytes to be written come out. It does no I/O.
///
/// To libzmq it is a libzmq, except that frames and messages have a limit each, and so has the number of frames that
/// are read.
package struct ZMTPSession: ~Copyable {
    /// The types of socket that there are here, as ZMTP names them.
    package enum SocketRole: String, Sendable {
        case router = "ROUTER"
        case dealer = "DEALER"
        /// It receives its peer's ``Session/subscriptions``, and nothing else.
        case pub = "PUB"
        case sub = "SUB"

        fileprivate func isCompatible(with peer: String) -> Bool {
            switch self {
            case .router: ["DEALER", "REQ", "ROUTER"].contains(peer)
            case .dealer: ["ROUTER", "REP", "DEALER"].contains(peer)
            case .pub: ["SUB", "XSUB"].contains(peer)
            case .sub: ["PUB", "XPUB"].contains(peer)
            }
        }
    }

    package struct SizeLimits: Sendable {
        /// Bytes of a frame. A larger one ends the connection.
        package var frame: Int
        /// Bytes of a message, all its frames together, or little more.
        package var message: Int
        /// Frames of a message that are shown; the others are counted.
        package var frames = Frames.limit

        package init(frame: Int) {
            self.frame = frame
            message = frame + 64 * 1024
        }
    }

    /// The step that ``next(in:keptBy:)`` has come to. It is returned, and not handed to a receiver: who handles it may
    /// write to the session, which is not possible while that reads.
    package enum Progress {
        /// The handshake is done: messages can flow.
        case ready
        /// A message is whole; ``frames`` lends it.
        case message
        /// The peer wants to be given up if nothing more comes from it for so long.
        case expiry(Duration)
        /// One side does not admit the other; the connection is to be closed once ``output`` is written.
        case refused(Rejection)
    }

    /// The reason why there is no connection although both sides speak ZMTP.
    package enum Rejection: Sendable {
        /// This side does not admit the key.
        case key(CurveBytes)
        /// The client expects a server with another key.
        case otherServer
        /// The peer's mechanism, such as PLAIN, is not this side's.
        case otherMechanism(String, own: String)
        /// The peer does not admit this side; its reason, in CURVE a status of ZAP such as `400`.
        case byPeer(String)
    }

    private enum State { case greeting, handshake, open, over }

    private let role: SocketRole
    private let limits: SizeLimits
    private let curve: Curve?
    private var handshake: CurveHandshake?
    private var receiver: CurveReceiver?
    /// The frames of the message that is being read, decrypted.
    private var plain: ReceivedBytes?
    private var plainRanges: [Range<Int>] = []
    private var plainCount = 0
    private var state = State.greeting
    /// True if the peer's greeting says that it knows PING and PONG.
    package private(set) var hasHeartbeats = false
    private var reader: FrameReader
    /// The frames of the message that was read last, until the next call of ``next(in:keptBy:)``.
    package private(set) var frames = Frames()
    /// The messages that the peer of a PUB wants.
    package private(set) var subscriptions = Subscriptions()
    /// The bytes to be written.
    package var output = FrameWriter()
    /// The name under which the peer's key was admitted; empty without CURVE.
    package private(set) var peerName = ""

    /// - Parameter curve: the keys; `nil` for the mechanism NULL.
    package init(_ role: SocketRole, limits: SizeLimits, curve: Curve? = nil) {
        self.role = role
        self.limits = limits
        self.curve = curve
        reader = FrameReader(limits)
        reader.maxFrame = Self.maxHandshakeFrame
        output.append(raw: ZMTPGreeting.of(curve))
        if let curve {
            handshake = CurveHandshake(curve)
        } else {
            output.append(command: Command.ready(role))
        }
    }

    /// Bytes that wait to be written, above which a PING gets no PONG.
    private static let maxWaiting = 64 * 1024
    /// Bytes for decrypted messages at first, and the most that are kept between two of them.
    private static let (plainCapacity, keptCapacity) = (4096, 64 * 1024)
    /// Bytes of a frame of the handshake: a stranger needs no more.
    private static let maxHandshakeFrame = 8 * 1024

    /// The bytes that are held of a message whose other frames have not come.
    package var decryptedCount: Int { plainCount == 0 ? 0 : plain?.count ?? 0 }

    /// The bytes, from the first one that is not used yet, without which ``next(in:keptBy:)`` finds no event: as many as are
    /// known to be missing.
    package var needed: Int { state == .greeting ? ZMTPGreeting.size : reader.needed }

    package var isReady: Bool { state == .open }

    /// True from the peer's greeting to the end of the handshake.
    package var isShakingHands: Bool { state == .handshake }

    /// Requests a PONG from the peer, once the handshake is done. A peer of ZMTP 3.0, such as libzmq before 4.2, is not
    /// asked: it would take the command for a message.
    ///
    /// - Parameter timeToLive: the silence after which the peer should give this side up.
    package mutating func ping(timeToLive: Duration) {
        guard state == .open, hasHeartbeats, output.count < Self.maxWaiting else { return }
        output.append(command: Command.ping(timeToLive: UInt16(clamping: Int64(timeToLive / .milliseconds(100)))))
    }

    /// Reads up to the next event.
    ///
    /// - Parameters:
    ///   - bytes: what has come and is not used yet.
    ///   - keeper: what the bytes lie in; `nil` if they are gone after this call.
    /// - Returns: how many bytes are used now, and the event. Without one, more bytes are needed: the rest of these
    /// must then be offered again, in front of what comes.
    /// - Throws: ``ZMTPError`` if the peer breaks the protocol.
    package mutating func next(
        in bytes: UnsafeRawBufferPointer, keptBy keeper: ReceivedBytes? = nil
    ) throws(ZMTPError) -> (used: Int, event: Progress?) {
        frames.removeAll()
        var used = 0
        if state == .greeting {
            guard try ZMTPGreeting.isWhole(bytes) else { return (0, nil) }
            used = ZMTPGreeting.size
            hasHeartbeats = ZMTPGreeting.hasHeartbeats(in: bytes)
            let (own, other) = (ZMTPGreeting.mechanism(of: curve), ZMTPGreeting.mechanism(in: bytes))
            guard other == own else {
                state = .over
                return (used, .refused(.otherMechanism(other, own: own)))
            }
            state = .handshake
            if let hello = try handshake?.hello() { output.append(command: hello) }
        }
        while state != .over {
            let rest = UnsafeRawBufferPointer(rebasing: bytes[used...])
            guard let token = try reader.next(in: rest) else { return (used, nil) }
            let event = try read(token, rest, keptBy: keeper)
            used += reader.consume(token)
            if let event { return (used, event) }
        }
        return (bytes.count, nil)
    }

    private mutating func read(
        _ token: FrameReader.FrameToken, _ bytes: UnsafeRawBufferPointer, keptBy keeper: ReceivedBytes?
    ) throws(ZMTPError) -> Progress? {
        switch token {
        case .command(let range):
            let body = UnsafeRawBufferPointer(rebasing: bytes[range])
            if receiver != nil { return try decrypt(body) }
            if handshake != nil { return try shakeHands(body) }
            return try handle(Command(body))
        case .message:
            guard state == .open else { throw ZMTPError("a message comes before the handshake") }
            if receiver != nil {
                // The flag of a further frame is within the boxes.
                guard reader.frameCount == 1 else { throw ZMTPError("an encrypted frame is part of a message") }
                return try decrypt(UnsafeRawBufferPointer(rebasing: bytes[reader.ranges[0]]))
            }
            frames.borrow(reader.ranges, of: bytes, keptBy: keeper, count: reader.frameCount)
            return try received()
        }
    }

    /// ``frames`` is whole.
    private mutating func received() throws(ZMTPError) -> Progress? {
        guard role == .pub else { return .message }
        try subscriptions.apply(frames)
        return nil
    }

    private mutating func handle(_ command: Command) throws(ZMTPError) -> Progress? {
        switch command {
        case .ready(let peer):
            guard state == .handshake else { throw ZMTPError("a READY comes after the handshake") }
            return try open(peer)
        case .error(let reason):
            guard state == .handshake else { throw ZMTPError("the peer has failed: \(reason)") }
            state = .over
            return .refused(.byPeer(reason))
        case .ping(let timeToLive, let context) where state == .open:
            // A peer that does not read needs no PONG, and must not make this side hold more and more of them.
            if output.count < Self.maxWaiting { output.append(command: Command.pong(context)) }
            if timeToLive > 0 { return .expiry(.milliseconds(100 * Int(timeToLive))) }
        case .subscribe(let prefix) where role == .pub && state == .open: try subscriptions.add(prefix)
        case .cancel(let prefix) where role == .pub && state == .open: subscriptions.remove(prefix)
        case .ping, .pong, .subscribe, .cancel, .unknown: break
        }
        return nil
    }

    private mutating func open(_ peer: String) throws(ZMTPError) -> Progress {
        guard role.isCompatible(with: peer) else {
            throw ZMTPError("a \(peer) socket cannot talk to a \(role.rawValue)")
        }
        state = .open
        reader.maxFrame = receiver == nil ? limits.frame : limits.frame + CurveSender.overhead
        return .ready
    }
}

// MARK: - CURVE

extension ZMTPSession {
    private mutating func shakeHands(_ body: UnsafeRawBufferPointer) throws(ZMTPError) -> Progress? {
        let (name, rest) = try Command.split(body)
        if name == "ERROR" { return try handle(Command(body)) }
        switch try handshake?.next(name, rest, metadata: Command.metadata(role)) {
        case .reply(let command): output.append(command: command)
        case .refused(let refusal, let reply):
            if let reply { output.append(command: reply) }
            state = .over
            return .refused(refusal)
        case .done(let sender, let receiver, let peer, let metadata, let reply):
            if let reply { output.append(command: reply) }
            output.encrypt(with: sender)
            self.receiver = receiver
            plain = ReceivedBytes(capacity: Self.plainCapacity)
            handshake = nil
            peerName = peer
            let type = metadata.withUnsafeBytes { bytes in
                Result { () throws(ZMTPError) in try Command.socketType(bytes) }
            }
            return try open(try type.get())
        case nil: break
        }
        return nil
    }

    private mutating func decrypt(_ frame: UnsafeRawBufferPointer) throws(ZMTPError) -> Progress? {
        if plainCount == 0 { discardPlain() }
        guard let plain else { return nil }
        guard plain.count <= limits.message, let (flags, body) = try receiver?.open(frame, into: plain) else {
            throw ZMTPError("a message has more than \(limits.message) bytes")
        }
        if flags.contains(.command) {
            return try handle(Command(UnsafeRawBufferPointer(rebasing: plain.bytes[body])))
        }
        plainCount += 1
        if plainRanges.count < limits.frames { plainRanges.append(body) }
        guard !flags.contains(.more) else { return nil }
        frames.borrow(plainRanges, of: plain.bytes, keptBy: plain, count: plainCount)
        plainRanges.removeAll(keepingCapacity: true)
        plainCount = 0
        return try received()
    }

    /// The last message is done with here, though somebody may keep it. Much memory is given back.
    private mutating func discardPlain() {
        if isKnownUniquelyReferenced(&plain), let plain, plain.capacity <= Self.keptCapacity {
            plain.removeAll()
        } else {
            plain = ReceivedBytes(capacity: Self.plainCapacity)
        }
    }
}

/// The greeting that both sides of a connection send first (RFC 37, section "The Greeting"): version 3.1, the mechanism
/// NULL or CURVE.
package enum ZMTPGreeting {
    package static let size = 64

    /// The greeting of a side without CURVE.
    package static let bytes = of(nil)

    private static let mechanismSize = 20

    static func of(_ curve: Curve?) -> [UInt8] {
        let mechanism = Array(mechanism(of: curve).utf8)
        return [0xFF, 0, 0, 0, 0, 0, 0, 0, 0, 0x7F, 3, 1] + mechanism
            + [UInt8](repeating: 0, count: mechanismSize - mechanism.count) + [curve?.isServer == true ? 1 : 0]
            + [UInt8](repeating: 0, count: 31)
    }

    static func mechanism(of curve: Curve?) -> String { curve == nil ? "NULL" : "CURVE" }

    /// The mechanism that a whole greeting names; what cannot be one is “unknown”.
    static func mechanism(in bytes: UnsafeRawBufferPointer) -> String {
        let field = bytes[12..<12 + mechanismSize]
        let name = field.prefix { $0 != 0 }
        // Upper-case letters, digits, - _ . and + (RFC 37, section “The Mechanism”), and then only zeros.
        let isName = name.allSatisfy { (48...57).contains($0) || (65...90).contains($0) || "-_.+".utf8.contains($0) }
        guard !name.isEmpty, isName, field[name.endIndex...].allSatisfy({ $0 == 0 }) else { return "unknown" }
        return String(decoding: name, as: UTF8.self)
    }

    /// True if a whole greeting is of a version with PING and PONG, which are new in 3.1.
    static func hasHeartbeats(in bytes: UnsafeRawBufferPointer) -> Bool { (bytes[10], bytes[11]) >= (3, 1) }

    /// Checks what has come so far, so that a peer of another protocol is disconnected at its first bytes.
    ///
    /// - Returns: true if the greeting is whole.
    /// - Throws: if the other side speaks no ZMTP of version 3.
    static func isWhole(_ bytes: UnsafeRawBufferPointer) throws(ZMTPError) -> Bool {
        if bytes.count > 0, bytes[0] != 0xFF { throw ZMTPError("the greeting does not begin with FF") }
        if bytes.count > 9, bytes[9] != 0x7F { throw ZMTPError("the greeting's signature does not end with 7F") }
        if bytes.count > 10, bytes[10] < 3 { throw ZMTPError("the peer speaks ZMTP \(bytes[10])") }
        return bytes.count >= size
    }
}
