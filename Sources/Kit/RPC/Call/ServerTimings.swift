import Foundation

/// The parts of a call's time at the service, in nanoseconds. What its caller sees beyond their sum is
/// the wire.
public struct ServerTimings: Sendable, Hashable {
    /// From its reading to its coming to the dispatcher.
    public internal(set) var queue: Int64 = 0
    /// For the actor to be free: nearly nothing if front and actor share a thread.
    public internal(set) var wait: Int64 = 0
    /// The checks of deadline, room, token and permission.
    public internal(set) var access: Int64 = 0
    /// The reading and checking of the input.
    public internal(set) var decode: Int64 = 0
    /// The actor's method, with the calls that it makes.
    public internal(set) var handler: Int64 = 0
    /// The writing of the output.
    public internal(set) var encode: Int64 = 0

    private var last: Int64

    /// Begins where the call comes to the dispatcher.
    init(from received: ContinuousClock.Instant) {
        queue = received.duration(to: .now).nanoseconds
        last = Self.now
    }

    /// The parts by their names, in the order of a call's way. One that a call did not come to is zero.
    public var parts: [(name: String, nanoseconds: Int64)] {
        [
            ("queue", queue), ("wait", wait), ("access", access), ("decode", decode), ("handler", handler),
            ("encode", encode),
        ]
    }

    /// The call goes no further: the time since the last split belongs to the part that has refused it, the first one
    /// after the wait that has no time yet.
    mutating func stop() {
        let rest = split()
        if access == 0 {
            access = rest
        } else if decode == 0 {
            decode = rest
        } else if handler == 0 {
            handler = rest
        } else {
            encode = rest
        }
    }

    /// The time since the last split.
    mutating func split() -> Int64 {
        let now = Self.now
        defer { last = now }
        return now - last
    }

    /// Read some times a call, and so without the 128 bits of an `Instant`.
    private static var now: Int64 {
        var time = timespec()
        clock_gettime(CLOCK_MONOTONIC, &time)
        return Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec)
    }
}
