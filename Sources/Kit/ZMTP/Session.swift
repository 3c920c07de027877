/// ZMTP 3.1 with the NULL mechanism (RFC 37), as one side of one connection keeps it: bytes come in, events and bytes to be
/// written come out. It does no I/O.
///
/// libzmq cannot tell it from libzmq, but for what a connection is protected from: frames and messages have a limit each,
/// and so has the number of frames that are looked at.
package struct Session {
    /// The types of socket that there are here, as ZMTP names them.
    package enum Role: String, Sendable {
        case router = "ROUTER"
        case dealer = "DEALER"
        /// It is told what its peer wants, and nothing else: ``Session/subscriptions``.
        case pub = "PUB"
        case sub = "SUB"

        fileprivate func understands(_ peer: String) -> Bool {
            switch self {
            case .router: ["DEALER", "REQ", "ROUTER"].contains(peer)
            case .dealer: ["ROUTER", "REP", "DEALER"].contains(peer)
            case .pub: ["SUB", "XSUB"].contains(peer)
            case .sub: ["PUB", "XPUB"].contains(peer)
            }
        }
    }

    package struct Limits: Sendable {
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

    package enum Event {
        /// The handshake is done: messages can flow.
        case ready
        /// A message is whole; ``frames`` lends it.
        case message
        /// The peer asks to be given up if nothing more comes from it for so long.
        case expiry(Duration)
    }

    private enum State { case greeting, handshake, open }

    private let role: Role
    private var state = State.greeting
    private var reader: FrameReader
    /// The frames of the message that was read last, for as long as the bytes that it was read from are there.
    package private(set) var frames = Frames()
    /// What the peer of a PUB wants.
    package private(set) var subscriptions = Subscriptions()
    /// What is to be written.
    package var output = FrameWriter()

    package init(_ role: Role, limits: Limits) {
        self.role = role
        reader = FrameReader(limits)
        output.append(Greeting.bytes)
        output.append(Command.ready(role))
    }

    /// Bytes that wait to be written, above which a PING is not answered.
    private static let mostWaiting = 64 * 1024

    package var isReady: Bool { state == .open }

    /// Asks the peer for a PONG, once the handshake is done.
    ///
    /// - Parameter timeToLive: the silence after which the peer should give this side up.
    package mutating func ping(timeToLive: Duration) {
        guard state == .open, output.count < Self.mostWaiting else { return }
        output.append(Command.ping(timeToLive: UInt16(clamping: Int64(timeToLive / .milliseconds(100)))))
    }

    /// Reads up to the next event.
    ///
    /// - Parameter bytes: what has come and is not used yet.
    /// - Returns: how many bytes are used now, and the event. Without one, more bytes are needed: the rest of these must then
    ///   be offered again, in front of what comes.
    /// - Throws: ``ZMTPFault`` where the peer breaks the protocol.
    package mutating func next(in bytes: UnsafeRawBufferPointer) throws(ZMTPFault) -> (used: Int, event: Event?) {
        var used = 0
        if state == .greeting {
            guard try Greeting.isWhole(bytes) else { return (0, nil) }
            state = .handshake
            used = Greeting.size
        }
        while true {
            let rest = UnsafeRawBufferPointer(rebasing: bytes[used...])
            guard let found = try reader.next(in: rest) else { return (used, nil) }
            let event = try take(found, rest)
            used += reader.use(found)
            if let event { return (used, event) }
        }
    }

    private mutating func take(_ found: FrameReader.Found, _ bytes: UnsafeRawBufferPointer) throws(ZMTPFault) -> Event?
    {
        switch found {
        case .command(let range):
            return try obey(Command(UnsafeRawBufferPointer(rebasing: bytes[range])))
        case .message:
            guard state == .open else { throw ZMTPFault("a message comes before the handshake") }
            frames.lend(reader.ranges, of: bytes, count: reader.frameCount)
            guard role == .pub else { return .message }
            try subscriptions.take(frames)
            return nil
        }
    }

    private mutating func obey(_ command: Command) throws(ZMTPFault) -> Event? {
        switch command {
        case .ready(let peer):
            guard state == .handshake else { throw ZMTPFault("a READY comes after the handshake") }
            guard role.understands(peer) else { throw ZMTPFault("a \(peer) socket cannot talk to a \(role.rawValue)") }
            state = .open
            return .ready
        case .error(let reason): throw ZMTPFault("the peer refuses: \(reason)")
        case .ping(let timeToLive, let context) where state == .open:
            // A peer that does not read needs no answer, and must not make this side hold more and more of them.
            if output.count < Self.mostWaiting { output.append(Command.pong(context)) }
            if timeToLive > 0 { return .expiry(.milliseconds(100 * Int(timeToLive))) }
        case .subscribe(let prefix) where role == .pub && state == .open: try subscriptions.add(prefix)
        case .cancel(let prefix) where role == .pub && state == .open: subscriptions.remove(prefix)
        case .ping, .pong, .subscribe, .cancel, .unknown: break
        }
        return nil
    }
}
