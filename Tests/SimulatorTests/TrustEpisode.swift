import Endpoints
import Foundation
import JOSE
import RPC
import SimulatedSystem
import Trust

@testable import Tokens

/// An issuer and three verifiers that follow it, through lost events, cut ways, restarts and clocks that are set.
final class TrustEpisode: @unchecked Sendable {
    private let world: World
    private let issuer: SimulatedIssuer
    private let followers: [TrustFollower]
    private var isOver = false

    /// The time after which a follower that can reach the issuer knows of a change.
    private static let bound = Duration.seconds(1)
    private static let length = Duration.seconds(30)

    private init(_ world: World) {
        self.world = world
        let issuer = SimulatedIssuer(world)
        self.issuer = issuer
        followers = (0..<3).map { TrustFollower($0, of: issuer, in: world) }
    }

    /// - Returns: the number of changes.
    static func run(seed: UInt64) -> Int {
        simulation_reset(seed)
        let world = World(seed: seed)
        let changes = Later<Int>()
        Task { changes.value = await TrustEpisode(world).run() }
        while simulation_step() {
            world.require(simulation_time() < 120_000_000_000, "something goes on after the end")
        }
        guard let changes = changes.value else { world.fail("everything waits for something that never comes") }
        return changes
    }

    private func run() async -> Int {
        await withTaskGroup { group in
            for follower in followers { group.addTask { await follower.run() } }
            group.addTask { await self.repeatedly(.milliseconds(250)) { self.issuer.sendHeartbeat() } }
            group.addTask { await self.repeatedly(.milliseconds(200)) { self.check() } }
            group.addTask { await self.atRandom(.milliseconds(400)) { self.issuer.change() } }
            group.addTask { await self.atRandom(.milliseconds(1500)) { self.disturb() } }
            try? await Task.sleep(for: Self.length)
            isOver = true
            for follower in followers { follower.stop() }
            await group.waitForAll()
        }
        return issuer.changes.count
    }

    private func repeatedly(_ pause: Duration, _ action: () -> Void) async {
        while !isOver {
            action()
            try? await Task.sleep(for: pause)
        }
    }

    private func atRandom(_ longest: Duration, _ action: () -> Void) async {
        while !isOver {
            try? await Task.sleep(for: longest * Double.random(in: 0...1))
            action()
        }
    }

    private func disturb() {
        guard let follower = followers.randomElement() else { return }
        switch Int.random(in: 0..<8) {
        case 0, 1: follower.isCut.toggle()
        case 2: follower.loss = Double.random(in: 0...1)
        case 3: follower.loss = 0
        case 4: issuer.stop()
        case 5: if !issuer.isUp { issuer.start() }
        case 6: issuer.start(isRestored: true)
        default: simulation_step_calendar(Int64.random(in: -600...600) * 1_000_000_000)
        }
        world.record("\(issuer.isUp), \(followers.map { $0.isCut ? "cut" : "\($0.loss)" })")
    }

    private func check() {
        let keys = Set(issuer.keys.map(\.kid))
        let revoked = issuer.changes.compactMap { entry -> (Int, ContinuousClock.Instant)? in
            if case .revocation(let token) = entry.change { (token, entry.time) } else { nil }
        }
        let lastChange = issuer.changes.last { if case .revocation = $0.change { false } else { true } }
        for follower in followers {
            follower.check()
            guard let since = follower.reachableSince else { continue }
            // A fetch that began while it could not be reached ends first.
            let earliest = since + .seconds(1)
            func isDue(_ time: ContinuousClock.Instant) -> Bool { max(time, earliest) + Self.bound < .now }
            for (token, time) in revoked where isDue(time) {
                world.require(
                    !follower.accepts(token),
                    "\(follower.number) lets in the token \(token), revoked \(time.duration(to: .now)) ago")
            }
            if let lastChange, isDue(lastChange.time) {
                world.require(follower.keys == keys, "\(follower.number) has the keys \(follower.keys), not \(keys)")
            }
        }
    }
}

/// A process that verifies tokens, as `AuthClient` does.
final class TrustFollower: @unchecked Sendable {
    /// The way to the issuer, for questions.
    private final class Way: IssuerClient, @unchecked Sendable {
        let world: World
        let issuer: SimulatedIssuer
        var openSince: ContinuousClock.Instant? = .now

        init(_ issuer: SimulatedIssuer, in world: World) {
            self.issuer = issuer
            self.world = world
        }

        var isOpen: Bool { openSince != nil && issuer.isUp }

        func changes(since position: StreamPosition?) async throws(Problem) -> TrustUpdates {
            try await pass()
            let updates = issuer.updates(since: position)
            try await pass()
            return updates
        }

        private func pass() async throws(Problem) {
            try? await Task.sleep(for: world.transit())
            guard !isOpen else { return }
            try? await Task.sleep(for: .seconds(1))
            throw .deadlineExceeded
        }
    }

    let number: Int
    private let world: World
    private let way: Way
    private let verifier: AccessTokenVerifier
    private let monitor: SubscriptionMonitor
    private let events: Link
    private var task: Task<Void, Never>?
    private var refused: Set<Int> = []
    /// The share of events that do not arrive.
    var loss = 0.0

    init(_ number: Int, of issuer: SimulatedIssuer, in world: World) {
        self.number = number
        self.world = world
        way = Way(issuer, in: world)
        verifier = AccessTokenVerifier(issuer: "auth", audience: "star", source: way)
        monitor = SubscriptionMonitor(verifier)
        events = Link(world) { _ in false }
        issuer.receivers.append { [unowned self] event in receive(event) }
    }

    private func receive(_ event: Event) {
        guard way.isOpen, Double.random(in: 0..<1) >= loss else { return }
        events.deliver(to: .client) { if self.way.isOpen { self.monitor.receive(event) } }
    }

    func run() async {
        let task = Task {
            async let following: Void = monitor.run()
            try? await verifier.warmUp()
            await following
        }
        self.task = task
        await task.value
    }

    func stop() { task?.cancel() }

    /// Nothing comes from the issuer, nor gets there.
    var isCut: Bool {
        get { way.openSince == nil }
        set { way.openSince = newValue ? nil : .now }
    }

    /// The instant since which it has been able to reach the issuer.
    var reachableSince: ContinuousClock.Instant? {
        way.isOpen ? way.openSince.map { max($0, way.issuer.beginning) } : nil
    }

    var keys: Set<String> { Set((0..<8).map(SimulatedIssuer.kid).filter { verifier.trust.key($0) != nil }) }

    /// True if it lets a token in: one that it remembers, or one that it verifies now.
    func accepts(_ token: Int) -> Bool {
        let name = "token \(token)"
        if verifier.remembered(name) != nil { return true }
        guard let (_, generation) = verifier.trust.key(SimulatedIssuer.kid(of: token)) else { return false }
        let principal = Principal(
            subject: "ada", username: "ada", permissions: [], tokenID: "\(token)",
            expires: Date(timeIntervalSince1970: 4_000_000_000))
        return verifier.trust.cache(name, principal, until: Date() + 60, generation: generation)
    }

    /// A token that was refused, though its key is known, stays so.
    func check() {
        let keys = keys
        for token in SimulatedIssuer.tokens where keys.contains(SimulatedIssuer.kid(of: token)) {
            if accepts(token) {
                world.require(!refused.contains(token), "\(number) lets in the token \(token), which it has refused")
            } else {
                refused.insert(token)
            }
        }
    }
}
