/// A socket or descriptor that a `SocketThread` watches. Touch it on that thread only.
public final class SocketAttachment {
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
        case descriptor(Int32, onReady: (Readiness) -> Void)
    }

    let origin: Origin
    /// What a descriptor is watched for from the next poll on; a socket is always watched for messages.
    public var interest: Readiness
    var isAttached = true
    /// It had messages a moment ago, so it is looked at again before the thread sleeps.
    var isHot = true

    init(_ origin: Origin, interest: Readiness) {
        self.origin = origin
        self.interest = interest
    }

    /// A socket that its owner has closed is forgotten.
    var isAlive: Bool {
        guard isAttached else { return false }
        if case .socket(let socket, _) = origin { return !socket.isClosed }
        return true
    }
}
