import Dispatch
import RPC
import SimulatedSystem

/// The network between clients and replicas, and the record of what happens. All of a simulation runs on one thread.
final class World: @unchecked Sendable {
    let seed: UInt64
    /// The longest time that a message is under way.
    var delay = Duration.milliseconds(2)
    private(set) var history: UInt64 = 0xCBF2_9CE4_8422_2325
    private(set) var faults: [String] = []

    init(seed: UInt64) {
        self.seed = seed
    }

    func after(_ time: Duration, _ action: @escaping @Sendable () -> Void) {
        DispatchQueue.global().asyncAfter(deadline: .now() + .nanoseconds(Int(time.nanoseconds)), execute: action)
    }

    /// The time that one message is under way.
    func transit() -> Duration {
        .microseconds(100) + delay * Double.random(in: 0...1) * Double.random(in: 0...1)
    }

    /// Records a step by which one run differs from another (FNV-1a).
    func record(_ numbers: Int...) {
        for number in numbers + [Int(simulation_time())] {
            history = (history ^ UInt64(bitPattern: Int64(number))) &* 0x0100_0000_01B3
        }
    }

    /// Records what is done to a replica or to the network.
    func record(_ fault: String) {
        record(fault.utf8.reduce(0) { $0 &* 31 &+ Int($1) })
        faults.append("\(simulation_time() / 1_000_000) ms: \(fault)")
    }

    /// Ends the process: an invariant does not hold.
    func fail(_ reason: String) -> Never {
        fatalError(
            """
            Seed \(seed), after \(simulation_time() / 1_000_000) ms: \(reason)
            \(faults.suffix(20).joined(separator: "\n"))
            """)
    }

    func require(_ condition: Bool, _ reason: @autoclosure () -> String) {
        if !condition { fail(reason()) }
    }
}

/// A connection between a client and a process. Messages of one direction arrive in their order.
final class Link: @unchecked Sendable {
    /// One of the two directions.
    private struct Direction {
        var lastArrival = ContinuousClock.now
        /// Arrived, and not read: the reader is frozen or far away.
        var held: [@Sendable () -> Void] = []
    }

    enum End: Int {
        case client
        case process
    }

    private let world: World
    /// True if the reader of an end gets nothing now.
    private let isBlocked: @Sendable (End) -> Bool
    private var directions = [Direction(), Direction()]
    private(set) var isCut = false

    init(_ world: World, isBlocked: @escaping @Sendable (End) -> Bool) {
        self.world = world
        self.isBlocked = isBlocked
    }

    /// Delivers something at an end after the time that it is under way.
    func deliver(to end: End, _ action: @escaping @Sendable () -> Void) {
        guard !isCut else { return }
        let arrival = max(directions[end.rawValue].lastArrival + .microseconds(1), .now + world.transit())
        directions[end.rawValue].lastArrival = arrival
        world.after(ContinuousClock.now.duration(to: arrival)) { self.arrive(at: end, action) }
    }

    private func arrive(at end: End, _ action: @escaping @Sendable () -> Void) {
        guard !isCut else { return }
        guard !isBlocked(end), directions[end.rawValue].held.isEmpty else {
            return directions[end.rawValue].held.append(action)
        }
        action()
    }

    /// The readers may not be blocked any more.
    func release() {
        for end in [End.client, .process] {
            while !isCut, !isBlocked(end), !directions[end.rawValue].held.isEmpty {
                directions[end.rawValue].held.removeFirst()()
            }
        }
    }

    /// Ends it, with all that is under way.
    func cut() {
        isCut = true
        directions = [Direction(), Direction()]
    }
}
