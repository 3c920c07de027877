/// Where the time of a call went, at the service that answers it. What its caller sees beyond their sum is the wire.
public struct Ledger: Sendable, Hashable {
    /// From its reading to its coming to the dispatcher.
    public internal(set) var queue = Duration.zero
    /// For the actor to be free: nearly nothing where front and actor share a thread.
    public internal(set) var wait = Duration.zero
    /// The checks of deadline, room, token and permission.
    public internal(set) var access = Duration.zero
    /// The reading and checking of the input.
    public internal(set) var decode = Duration.zero
    /// The actor's method, with the calls that it makes.
    public internal(set) var handler = Duration.zero
    /// The writing of the output.
    public internal(set) var encode = Duration.zero

    private var last: ContinuousClock.Instant

    init(from received: ContinuousClock.Instant) {
        last = received
    }

    /// The parts by their names, in the order of a call's way. One that a call did not come to is zero.
    public var parts: [(name: String, time: Duration)] {
        [
            ("queue", queue), ("wait", wait), ("access", access), ("decode", decode), ("handler", handler),
            ("encode", encode),
        ]
    }

    /// The call goes no further: the time since the last lap belongs to the part that has refused it, the first one after
    /// the wait that has no time yet.
    mutating func stop() {
        let rest = lap()
        if access == .zero {
            access = rest
        } else if decode == .zero {
            decode = rest
        } else if handler == .zero {
            handler = rest
        } else {
            encode = rest
        }
    }

    /// The time since the last lap.
    mutating func lap() -> Duration {
        let now = ContinuousClock.now
        defer { last = now }
        return last.duration(to: now)
    }
}
