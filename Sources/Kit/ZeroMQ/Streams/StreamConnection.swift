internal import EventLoop
internal import Glibc
internal import Sockets
internal import ZMTP

/// One connection over a stream socket, on the thread that owns it: bytes read and written, ZMTP spoken, messages
/// handed on.
///
/// The writes of one turn of the thread are gathered in few pieces, the last at its end.
final class StreamConnection: Flushable {
    /// The bounds of a connection, and how its end is noticed.
    struct ConnectionSettings {
        let limits: ZMTPSession.SizeLimits
        /// Shared by the connections of a listener.
        let unfinished: UnfinishedMessages
        /// `nil` for a connection in clear.
        let curve: Curve?
        /// Bytes that may wait for a peer that reads slowly. Above them a sender is refused.
        let highWaterMark: Int
        /// True if nothing is read from a peer while a sender to it is refused.
        let holdsBack: Bool
        let quickReply: Router.QuickReply?
        /// True if what a large message has led to is done before more is read. Over TCP 64 callers with messages of 256 KiB get
        /// a quarter more replies then; over a Unix socket, which holds less than one of them, a fifth fewer.
        let pausesAfterLarge: Bool
        /// The time for the handshake.
        let handshakeTime: Duration
        /// `nil` for none: the system notices the end of a process on this machine.
        let heartbeat: SocketOptions.Heartbeat?
    }

    private let descriptor: Int32
    /// True if this side has connected.
    private let isClient: Bool
    private let peer: RoutingID
    private let settings: ConnectionSettings
    /// Its owner's, which then calls ``check(at:)``.
    private let timer: ThreadTimer
    private let thread: SocketThread
    /// Nothing that it does comes back here, so that two accesses at once cannot be.
    @exclusivity(unchecked) private var session: ZMTPSession
    private var handler: ((SocketEvent) -> Void)?
    private var registration: PollRegistration?
    /// The beginning of a message whose rest has not come.
    private var unread: ReceivedBytes?
    /// The bytes that are held of an unfinished message.
    private var held = 0
    /// The instant since which a message has been unfinished and nothing of it used.
    private(set) var unfinishedSince: ContinuousClock.Instant?
    /// The system accepts no more for now.
    private var isWaitingToWrite = false
    /// A sender was refused.
    private var owesWritable = false
    private var isReading = false
    /// Something was sent that waits for the end of the reading.
    private var owesFlush = false

    private var handshakeEnd: ContinuousClock.Instant?
    private var nextPing: ContinuousClock.Instant?
    /// The instant at which something came last, or the connection began.
    private(set) var lastRead = ContinuousClock.now
    /// Something has come since the last PING.
    private var hasReceived = true
    /// Silence, in intervals of the heartbeat.
    private var silentIntervals = 0
    /// The peer wants to be given up by then, unless something comes from it.
    private var expiry: ContinuousClock.Instant?

    /// - Parameters:
    ///   - descriptor: connected and non-blocking. It is closed with the connection.
    ///   - peer: named by the events.
    ///   - timer: set by the connection; when it fires, ``check(at:)`` is to be called.
    ///   - handler: gets nothing after `disconnected`.
    init(
        _ descriptor: Int32, as role: ZMTPSession.SocketRole, with peer: RoutingID, _ settings: ConnectionSettings,
        _ timer: ThreadTimer, on thread: SocketThread, handler: @escaping (SocketEvent) -> Void
    ) {
        self.descriptor = descriptor
        isClient = role == .dealer || role == .sub
        self.peer = peer
        self.settings = settings
        self.timer = timer
        self.thread = thread
        self.handler = handler
        session = ZMTPSession(role, limits: settings.limits, curve: settings.curve)
        let end = ContinuousClock.now + settings.handshakeTime
        handshakeEnd = end
        timer.set(by: end)
        registration = thread.attach(descriptor: descriptor) { [unowned self] readiness in ready(for: readiness) }
        thread.flushSoon(self)
    }

    deinit { close() }

    /// The messages that the peer of a PUB wants.
    var subscriptions: Subscriptions { session.subscriptions }

    var isReady: Bool { session.isReady && registration != nil }

    /// Sends a message.
    ///
    /// - Parameters:
    ///   - isUrgent: false if it may wait until what has come on this connection is read.
    ///   - write: appends the frames; it is called at once.
    /// - Returns: `unreachable` without a connection, `wouldBlock` if the peer reads too slowly.
    func send(isUrgent: Bool = true, _ write: (inout FrameWriter) -> Void) -> SendResult {
        guard isReady else { return .unreachable }
        guard session.output.count < settings.highWaterMark else {
            owesWritable = true
            return .wouldBlock
        }
        write(&session.output)
        // The system reports when it accepts more.
        if isReading, !isUrgent { owesFlush = true } else if !isWaitingToWrite { thread.flushSoon(self) }
        return .sent
    }

    /// Closes the connection, without an event. What is not written yet is lost.
    func close() {
        guard let registration else { return }
        self.registration = nil
        handler = nil
        settings.unfinished.bytes -= held
        thread.detach(registration)
        Glibc.close(descriptor)
    }

    /// Writes what is there, and closes. A peer that reads slowly is waited for until then at the most.
    func finish(by end: ContinuousClock.Instant) {
        flush()
        while isWaitingToWrite, end > .now {
            var item = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
            poll(&item, 1, Int32(clamping: ContinuousClock.now.duration(to: end).milliseconds))
            flush()
        }
        close()
    }

    private func ready(for readiness: PollRegistration.Readiness) {
        if readiness.contains(.writable) {
            flush()
            if owesWritable, session.output.count == 0 {
                owesWritable = false
                updateInterest()
                handler?(.writable(peer))
            }
        }
        // The handler may have closed the connection.
        guard registration != nil else { return }
        if readiness.contains(.readable) || readiness.contains(.failed) { read(toTheEnd: readiness.contains(.failed)) }
    }

    /// Closes the connection, with the event.
    ///
    /// - Parameter error: the peer's violation of the protocol, if that is the reason.
    func end(after error: ZMTPError? = nil) {
        let handler = handler
        if let error {
            let host = SocketAddress.peer(of: descriptor)
            if session.isReady {
                handler?(.violation(reason: "\(error)", peer: host))
            } else {
                handler?(.refused(isClient ? Refusal(byClientAfter: error, host) : Refusal(byServerAfter: error, host)))
            }
        } else if isClient, case .client = settings.curve, session.isShakingHands {
            handler?(.refused(Refusal(closedBy: SocketAddress.peer(of: descriptor))))
        }
        close()
        handler?(.disconnected(peer))
    }
}

// MARK: - Time

extension StreamConnection {
    /// Ends a connection whose handshake takes too long or whose peer is silent, sends a PING if it is time, and sets the
    /// timer for the next check.
    func check(at now: ContinuousClock.Instant) {
        if let due = [handshakeEnd, expiry].compactMap(\.self).min(), due <= now { return end() }
        if let nextPing, nextPing <= now { sendHeartbeat(at: now) }
        guard registration != nil else { return }
        if let next = [handshakeEnd, expiry, nextPing].compactMap(\.self).min() { timer.set(by: next) }
    }

    /// One interval of the heartbeat is over.
    private func sendHeartbeat(at now: ContinuousClock.Instant) {
        guard let heartbeat = settings.heartbeat else { return }
        silentIntervals = hasReceived || isHeldBack ? 0 : silentIntervals + 1
        guard heartbeat.interval * silentIntervals < heartbeat.timeout else { return end() }
        hasReceived = false
        nextPing = now + heartbeat.interval
        session.ping(timeToLive: heartbeat.timeToLive)
        thread.flushSoon(self)
    }

    private func becameReady() {
        handshakeEnd = nil
        // The silence of a peer that cannot answer says nothing: its end is noticed by TCP's keep-alive.
        if let heartbeat = settings.heartbeat, session.hasHeartbeats {
            let first = ContinuousClock.now + heartbeat.interval
            nextPing = first
            timer.set(by: first)
        }
        handler?(.connected(peer))
    }

    /// Lets the peer know, if it is this side that refuses, and ends the connection.
    private func refuse(_ refusal: ZMTPSession.Rejection) {
        flush()
        handler?(.refused(Refusal(refusal, peer: SocketAddress.peer(of: descriptor))))
        end()
    }

    private func expire(after time: Duration) {
        let end = ContinuousClock.now + time
        expiry = end
        timer.set(by: end)
    }
}

// MARK: - Reading

extension StreamConnection {
    /// Reads all that is there, so that what has waited together is seen together; but not for long, for others wait.
    ///
    /// - Parameter toTheEnd: true if the peer has gone.
    private func read(toTheEnd: Bool) {
        lastRead = .now
        let limit = lastRead + thread.readingTime
        isReading = true
        defer { endReading() }
        repeat {
            let begun = begunLargeFrame()
            let room = begun?.room ?? thread.scratch
            let count = retrying { Glibc.read(descriptor, room.baseAddress, room.count) }
            if count > 0 {
                hasReceived = true
                if expiry != nil { expiry = nil }
                begun?.add(count)
                receive(UnsafeRawBufferPointer(rebasing: room[..<(begun == nil ? count : 0)]))
            }
            if count == 0 || (count < 0 && errno != EAGAIN) { return end() }
            let isDone = count < room.count || (settings.pausesAfterLarge && begun != nil && unread !== begun)
            guard registration != nil, !isHeldBack, !isDone || (toTheEnd && count > 0) else { return }
        } while ContinuousClock.now < limit
    }

    private func endReading() {
        isReading = false
        guard owesFlush else { return }
        owesFlush = false
        if !isWaitingToWrite { flush() }
    }

    /// The beginning of a frame whose rest is large, with room for that: it is read to where it stays.
    private func begunLargeFrame() -> ReceivedBytes? {
        guard let unread, capacity(after: unread.count) - unread.count >= Self.largeRest else { return nil }
        if unread.room.count < Self.largeRest { unread.reserve(capacity(after: unread.count)) }
        return unread
    }

    /// A peer gets no memory for what it merely announces, but some times as much as it has sent.
    private func capacity(after size: Int) -> Int { min(session.needed, 8 * size) }

    /// - Parameter bytes: what has come, beside what was read to the end of ``unread``.
    private func receive(_ bytes: UnsafeRawBufferPointer) {
        var rest = bytes
        var progress = 0
        while let begun = unread {
            let part = min(rest.count, max(session.needed - begun.count, 0))
            begun.append(
                UnsafeRawBufferPointer(rebasing: rest[..<part]), expecting: capacity(after: begun.count + part))
            rest = UnsafeRawBufferPointer(rebasing: rest[part...])
            unread = nil
            let used = consume(begun.bytes, keptBy: begun)
            progress += used
            if used == 0 { unread = begun } else { keep(begun.bytes[used...]) }
            guard !rest.isEmpty else { return recordUnfinished(progress: progress) }
        }
        let used = consume(rest, keptBy: nil)
        keep(rest[used...])
        recordUnfinished(progress: progress + used)
    }

    private func keep(_ rest: Slice<UnsafeRawBufferPointer>) {
        guard !rest.isEmpty else { return }
        let kept = ReceivedBytes(capacity: capacity(after: rest.count))
        kept.append(UnsafeRawBufferPointer(rebasing: rest))
        unread = kept
    }

    private func recordUnfinished(progress: Int) {
        let now = (unread?.count ?? 0) + session.decryptedCount
        guard now != held, registration != nil else { return }
        settings.unfinished.bytes += now - held
        if now == 0 { unfinishedSince = nil } else if held == 0 || progress > 0 { unfinishedSince = lastRead }
        held = now
        if settings.unfinished.areTooMany { settings.unfinished.handler() }
    }

    /// - Returns: how many bytes are used. What comes after the connection's end is of no use.
    private func consume(_ bytes: UnsafeRawBufferPointer, keptBy keeper: ReceivedBytes?) -> Int {
        var used = 0
        do {
            while registration != nil {
                let step = try session.next(in: UnsafeRawBufferPointer(rebasing: bytes[used...]), keptBy: keeper)
                used += step.used
                switch step.event {
                case .ready: becameReady()
                case .message: if !replyAtOnce() { handler?(.message(session.frames, from: peer)) }
                case .expiry(let time): expire(after: time)
                case .refused(let refusal): refuse(refusal)
                case nil:
                    if session.output.count > 0 { thread.flushSoon(self) }
                    return used
                }
            }
        } catch {
            end(after: error)
        }
        return bytes.count
    }

    /// - Returns: true if the message that was read last needs no event.
    private func replyAtOnce() -> Bool {
        guard let quickReply = settings.quickReply, session.output.count < settings.highWaterMark,
            quickReply(session.frames, { session.output.append(frame: $0, isLast: $1) })
        else { return false }
        owesFlush = true
        return true
    }

    /// Bytes that are still to come of a frame, from which on they are read to where they stay.
    private static let largeRest = 32 * 1024
}

// MARK: - Writing

extension StreamConnection {
    func flush() {
        guard registration != nil, session.output.count > 0 else { return }
        while session.output.count > 0 {
            var written = 0
            session.output.drain { bytes in
                written = retrying { Glibc.send(descriptor, bytes.baseAddress, bytes.count, Int32(MSG_NOSIGNAL)) }
                return max(0, written)
            }
            // That a peer is gone shows at reading, after what it has sent before.
            if written < 0 { break }
        }
        isWaitingToWrite = session.output.count > 0 && errno == EAGAIN
        updateInterest()
    }

    /// A sender that was refused is notified by the loop, not from here: it may send at once, and so come back to this.
    private func updateInterest() {
        registration?.interest =
            isHeldBack ? .writable : isWaitingToWrite || owesWritable ? [.readable, .writable] : .readable
    }

    /// Nothing is read from a client that does not read its replies: they would only become more. A server is read from
    /// in any case, or two ends could wait for each other.
    private var isHeldBack: Bool { settings.holdsBack && owesWritable }
}

/// Calls the system until no signal interrupts.
private func retrying(_ call: () -> Int) -> Int {
    while true {
        let result = call()
        if result >= 0 || errno != EINTR { return result }
    }
}

extension StreamConnection.ConnectionSettings {
    /// - Parameter options: heartbeats and security hold for `tcp://`; elsewhere the kernel and the file system do.
    init(
        _ options: SocketOptions, for address: Address, in context: Context, highWaterMark: Int,
        holdsBack: Bool = false, quickReply: Router.QuickReply? = nil
    ) {
        let limits = ZMTPSession.SizeLimits(frame: options.maxMessageSize ?? .max / 4)
        self.init(
            limits: limits, unfinished: UnfinishedMessages(limit: max(options.maxUnfinished, 2 * limits.message)),
            curve: address.isTCP ? Curve(options.security, in: context) : nil, highWaterMark: highWaterMark,
            holdsBack: holdsBack, quickReply: quickReply, pausesAfterLarge: address.isTCP,
            handshakeTime: options.handshakeInterval,
            heartbeat: address.isTCP ? options.heartbeat : nil)
    }
}
