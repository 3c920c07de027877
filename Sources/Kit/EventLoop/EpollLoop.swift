internal import CEvents
internal import Glibc

/// A source of messages or a descriptor that a `SocketThread` watches. Touch it on that thread only.
public final class PollRegistration {
    /// The readiness for which a descriptor is watched.
    public struct Readiness: OptionSet, Sendable {
        public let rawValue: Int16
        public init(rawValue: Int16) { self.rawValue = rawValue }

        /// Bytes, or a connection to accept, are there.
        public static let readable = Readiness(rawValue: 1)
        /// Bytes can be written without waiting.
        public static let writable = Readiness(rawValue: 2)
        /// Always reported.
        public static let failed = Readiness(rawValue: 4)
    }

    enum Origin {
        /// Receives at most so many messages, returns how many.
        case source(any MessageSource, drain: (_ limit: Int) -> Int)
        case descriptor(onReady: (Readiness) -> Void)
    }

    let origin: Origin
    /// The descriptor that epoll watches.
    let descriptor: Int32
    /// The events for which a descriptor is watched; a source is always watched for messages.
    public var interest: Readiness {
        didSet { if interest != oldValue { loop?.update(self) } }
    }
    /// Its key among the watched, and the thread that watches it.
    var key = 0
    weak var loop: EpollLoop?
    var isAttached = true
    /// It had messages just now, so it is checked again before the thread sleeps.
    var mayHaveInput = true

    init(_ origin: Origin, descriptor: Int32, interest: Readiness) {
        self.origin = origin
        self.descriptor = descriptor
        self.interest = interest
    }

    /// Ends the watch; again, does nothing.
    package func detach() {
        loop?.remove(self)
    }
}

/// A source of messages whose descriptor is not readable for as long as there are any, such as a socket of libzmq: that one
/// signals internal commands, and any call of the socket may consume the signal. So its events are checked before the thread
/// sleeps, if anything was done with it.
package protocol MessageSource: AnyObject {
    /// The descriptor that is readable when the events must be checked.
    var descriptor: Int32 { get }
    var isClosed: Bool { get }
    /// Something was done with it, which may have used up the signal.
    var needsEventCheck: Bool { get }

    /// Checks for messages.
    func checkEvents() -> PendingEvents
    func close()
}

/// The pending events of a source; after `end` it can only be closed.
package enum PendingEvents { case none, messages, end }

/// The event loop of a `SocketThread`. It knows nothing of other threads.
///
/// One epoll descriptor holds them all: plain descriptors, the wake-up, and those of the sources of messages.
final class EpollLoop {
    /// Messages received from one source before the others, and the jobs, have their turn.
    private static let drainLimit = 64
    /// Everything is polled every so many turns, so that busy sources cannot starve the others and the descriptors.
    private static let fullTurn = 16
    private static let eventsAtOnce = 64
    /// Messages that are sent together at the least, if there are so many, and the parts in which those of a long turn are sent.
    private static let (minAtOnce, partsOfTurn) = (4, 4)
    private static let wakeKey = UInt64.max

    /// The jobs being run, and the urgent ones in between; kept here for their storage.
    var (running, runningUrgent): ([ThreadJob], [ThreadJob]) = ([], [])
    private let epoll: Int32
    private let wake: WakeUp
    /// The watched sources and descriptors, by the key that epoll returns.
    private var registrations: [PollRegistration?] = []
    private var sources: [PollRegistration] = []
    /// The connections that have a message to send; once for each message.
    private var unflushed: [any Flushable] = []
    /// The messages of this turn, and how many are sent together: by what the turn before had.
    private var (written, messagesAtOnce) = (0, minAtOnce)
    private var events = [epoll_event](repeating: epoll_event(), count: eventsAtOnce)
    private var turn = 0
    private var spinning: Spinning
    /// As above, while replies are expected: those mostly come sooner than other work.
    private var spinningForReplies: Spinning
    /// Those who expect replies.
    var waiters = 0
    /// The time for which one connection is read from.
    var readingTime = SocketThread.longReading
    /// The buffer into which every connection reads.
    let scratch = UnsafeMutableRawBufferPointer.allocate(byteCount: 64 * 1024, alignment: 16)

    /// - Throws: ``SystemError`` `EMFILE` if the system has no descriptor left.
    init(_ wake: WakeUp, spinTime: Duration) throws(SystemError) {
        self.wake = wake
        spinning = Spinning(limit: spinTime)
        spinningForReplies = spinning
        epoll = epoll_create1(Int32(EPOLL_CLOEXEC))
        guard epoll >= 0 else { throw .last("make an epoll descriptor") }
        control(EPOLL_CTL_ADD, wake.descriptor, .readable, key: Self.wakeKey)
    }

    deinit {
        Glibc.close(epoll)
        scratch.deallocate()
    }

    func add(_ registration: PollRegistration) -> PollRegistration {
        let key = registrations.firstIndex { $0 == nil } ?? registrations.count
        if key == registrations.count { registrations.append(registration) } else { registrations[key] = registration }
        registration.key = key
        registration.loop = self
        if case .source = registration.origin { sources.append(registration) }
        control(EPOLL_CTL_ADD, registration.descriptor, registration.interest, key: UInt64(key))
        return registration
    }

    func remove(_ registration: PollRegistration) {
        guard registration.isAttached else { return }
        registration.isAttached = false
        registration.loop = nil
        registrations[registration.key] = nil
        sources.removeAll { $0 === registration }
        control(EPOLL_CTL_DEL, registration.descriptor, registration.interest, key: 0)
    }

    /// A registration is interested in something else from now on.
    func update(_ registration: PollRegistration) {
        control(EPOLL_CTL_MOD, registration.descriptor, registration.interest, key: UInt64(registration.key))
    }

    /// Schedules a message to be sent. Messages of one turn go out together, for each `send` of the system costs
    /// as much as several of them; but not all of a turn, or the peer would stand idle while this side is busy, and the
    /// other way round.
    func flushSoon(_ writer: any Flushable) {
        unflushed.append(writer)
        written += 1
        if unflushed.count >= messagesAtOnce { flush() }
    }

    private func flush() {
        while let writer = unflushed.popLast() { writer.flush() }
    }

    /// Sends what is left of a turn.
    func endTurn() {
        flush()
        messagesAtOnce = max(Self.minAtOnce, written / Self.partsOfTurn)
        written = 0
    }

    /// Lets sources that may have messages be drained; true if any had.
    func drain() -> Bool {
        turn &+= 1
        if turn % Self.fullTurn == 0 { _ = poll(timeout: 0) }
        var hadInput = false
        for registration in sources where registration.mayHaveInput {
            guard case .source(let source, let drain) = registration.origin, registration.isAttached else { continue }
            registration.mayHaveInput = !source.isClosed && drain(Self.drainLimit) > 0
            if registration.mayHaveInput { hadInput = true }
        }
        return hadInput
    }

    /// Polls for something that is ready, without a sleep, if that is likely to pay.
    ///
    /// - Parameter isNeeded: true if there is other work.
    /// - Returns: true if anything was ready, or other work is there.
    func spin(until isNeeded: () -> Bool) -> Bool {
        waiters > 0 ? spin(&spinningForReplies, isNeeded) : spin(&spinning, isNeeded)
    }

    private func spin(_ spinning: inout Spinning, _ isNeeded: () -> Bool) -> Bool {
        guard spinning.begin() else { return false }
        let end = ContinuousClock.now + spinning.limit
        var hasFound = false
        repeat {
            hasFound = poll(timeout: 0) || isNeeded()
        } while !hasFound && ContinuousClock.now < end
        spinning.end(found: hasFound)
        return hasFound
    }

    /// Sleeps until something is ready, and calls whom it concerns.
    ///
    /// - Parameter awoken: called at the end of the sleep, before anybody.
    func sleep(_ awoken: () -> Void) {
        _ = poll(timeout: checkSources() ? 0 : -1, awoken)
    }

    /// - Returns: true if anything was ready, besides the wake-up.
    private func poll(timeout: Int32, _ awoken: () -> Void = {}) -> Bool {
        let count = epoll_wait(epoll, &events, Int32(Self.eventsAtOnce), timeout)
        awoken()
        guard count > 0 else { return false }
        var hasFound = false
        for index in 0..<Int(count) {
            let event = events[index]
            guard event.data.u64 != Self.wakeKey else {
                wake.clear()
                continue
            }
            hasFound = true
            // One that was detached by another's doing in this very round is not there any more.
            guard let registration = registrations[Int(event.data.u64)] else { continue }
            switch registration.origin {
            case .source: registration.mayHaveInput = true
            case .descriptor(let onReady): onReady(PollRegistration.Readiness(epoll: event.events))
            }
        }
        return hasFound
    }

    /// Checks the sources with which something was done for messages; true if one has any.
    private func checkSources() -> Bool {
        var hasInput = false
        for registration in sources {
            guard case .source(let source, _) = registration.origin, source.needsEventCheck || source.isClosed else {
                continue
            }
            switch source.checkEvents() {
            case .none: break
            case .messages:
                registration.mayHaveInput = true
                hasInput = true
            case .end: source.close()
            }
        }
        return hasInput
    }

    /// Closes the sources and forgets them all; descriptors are their owners'.
    func closeAll() {
        for registration in registrations.compactMap(\.self) {
            remove(registration)
            if case .source(let source, _) = registration.origin { source.close() }
        }
    }

    private func control(_ operation: Int32, _ descriptor: Int32, _ interest: PollRegistration.Readiness, key: UInt64) {
        var event = epoll_event(events: interest.epoll, data: epoll_data_t(u64: key))
        epoll_ctl(epoll, operation, descriptor, &event)
    }
}

/// A connection that gathers its writes until the end of a turn.
package protocol Flushable: AnyObject {
    func flush()
}

extension PollRegistration.Readiness {
    fileprivate var epoll: UInt32 {
        (contains(.readable) ? EPOLLIN.rawValue | EPOLLRDHUP.rawValue : 0)
            | (contains(.writable) ? EPOLLOUT.rawValue : 0)
    }

    fileprivate init(epoll events: UInt32) {
        self = []
        if events & (EPOLLIN.rawValue | EPOLLHUP.rawValue) != 0 { insert(.readable) }
        if events & EPOLLOUT.rawValue != 0 { insert(.writable) }
        if events & (EPOLLERR.rawValue | EPOLLHUP.rawValue | EPOLLRDHUP.rawValue) != 0 { insert(.failed) }
    }
}

/// One timer on a `SocketThread`: set, and set anew, on that thread only. It is released with its last reference.
package final class ThreadTimer {
    private let descriptor: Int32
    private let thread: SocketThread
    private var registration: PollRegistration?
    /// The instant at which it fires; `nil` if it is not set.
    private var due: ContinuousClock.Instant?
    /// Called on the thread when the timer fires.
    package var handler: () -> Void = {}

    /// The shortest time that ``set(by:)`` sets it for, so that instants which are near to each other are one.
    private static let resolution = Duration.milliseconds(1)

    /// - Throws: ``SystemError`` `EMFILE` if the system has no descriptor left.
    package init(on thread: SocketThread) throws(SystemError) {
        descriptor = timerfd_create(CLOCK_MONOTONIC, Int32(TFD_CLOEXEC | TFD_NONBLOCK))
        guard descriptor >= 0 else { throw .last("make a timer") }
        self.thread = thread
        registration = thread.attach(descriptor: descriptor) { [unowned self] _ in fire() }
    }

    deinit { cancel() }

    /// Fires once, after a while, in place of what was set before.
    package func set(after time: Duration) {
        guard registration != nil else { return }
        due = .now + time
        let (seconds, attoseconds) = max(time, .nanoseconds(1)).components
        var value = itimerspec()
        value.it_value = timespec(tv_sec: Int(seconds), tv_nsec: Int(attoseconds / 1_000_000_000))
        timerfd_settime(descriptor, 0, &value, nil)
    }

    /// Fires once, at this instant, unless it is set for an earlier one.
    package func set(by instant: ContinuousClock.Instant) {
        if let due, due <= instant { return }
        set(after: max(Self.resolution, ContinuousClock.now.duration(to: instant)))
    }

    /// It never fires again.
    package func cancel() {
        guard let registration else { return }
        self.registration = nil
        thread.detach(registration)
        Glibc.close(descriptor)
    }

    private func fire() {
        var count: UInt64 = 0
        guard Glibc.read(descriptor, &count, 8) == 8 else { return }
        due = nil
        handler()
    }
}

/// Decides before each sleep of a thread whether it first polls for work for a while: a thread that sleeps is woken some
/// ten microseconds after its work has come, which is longer than a small call takes.
///
/// It spins as long as that pays. After every hit it goes on; a miss costs as much as several hits earn; without credit it
/// tries once in a while. So a thread whose work comes rarely spins for less than a hundredth of its time, and one without work
/// not at all.
struct Spinning {
    /// The time of one attempt; zero for none.
    let limit: Duration
    private var credit = 0
    private var sleepsToNextTry = 0

    private static let maxCredit = 32
    private static let costOfMiss = 4
    private static let sleepsBetweenTries = 64

    init(limit: Duration) {
        self.limit = limit
    }

    /// - Returns: whether to spin before this sleep.
    mutating func begin() -> Bool {
        guard limit > .zero else { return false }
        if credit > 0 { return true }
        sleepsToNextTry -= 1
        return sleepsToNextTry < 0
    }

    mutating func end(found: Bool) {
        credit = found ? min(credit + 1, Self.maxCredit) : max(credit - Self.costOfMiss, 0)
        sleepsToNextTry = Self.sleepsBetweenTries
    }
}
