/// A socket or descriptor that a `SocketThread` watches. Touch it on that thread only.
public final class PollRegistration {
    /// Which readiness a descriptor is watched for.
    public struct Readiness: OptionSet, Sendable {
        public let rawValue: Int16
        public init(rawValue: Int16) { self.rawValue = rawValue }

        public static let readable = Readiness(rawValue: 1)
        public static let writable = Readiness(rawValue: 2)
        /// Reported whether asked for or not.
        public static let failed = Readiness(rawValue: 4)
    }

    enum Origin {
        /// Takes at most so many messages, returns how many it took.
        case socket(Socket, drain: (_ limit: Int) -> Int)
        case descriptor(onReady: (Readiness) -> Void)
    }

    let origin: Origin
    /// The descriptor that epoll watches: of a socket, libzmq's `ZMQ_FD`.
    let descriptor: Int32
    /// The events for which a descriptor is watched; a socket is always watched for messages.
    public var interest: Readiness {
        didSet { if interest != oldValue { loop?.update(self) } }
    }
    /// Its key among the watched, and the thread that watches it.
    var key = 0
    weak var loop: EpollLoop?
    var isAttached = true
    /// It had messages a moment ago, so it is looked at again before the thread sleeps.
    var mayHaveInput = true

    init(_ origin: Origin, descriptor: Int32, interest: Readiness) {
        self.origin = origin
        self.descriptor = descriptor
        self.interest = interest
    }

    /// Ends the watch; again, does nothing.
    func detach() {
        loop?.remove(self)
    }
}
