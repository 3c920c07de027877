import Endpoints
import RPC
import SimulatedSystem

/// Three replicas, two clients and a kind of trouble, for some seconds.
final class Episode: @unchecked Sendable {
    enum Trouble: Int, CaseIterable {
        case none
        /// Replicas are replaced one after the other, as in a rolling update: nothing may fail.
        case drains
        /// One is killed at a time, and comes back: what may be repeated succeeds.
        case crashes
        /// One stands still at a time: what may be repeated and has time enough succeeds.
        case freezes
        /// Everything at any time, on slow ways, too: only what must hold always is checked.
        case chaos
    }

    private let world: World
    private let trouble: Trouble
    private let ledger: Ledger
    private let replicas: [SimulatedReplica]
    private let callers: [[SimulatedCaller]]
    private let balancers: [LoadBalancingCaller]
    private var isTroubled = true

    /// Calls of each client.
    private static let calls = 500
    private static let (callsAtEnd, roundsAtEnd) = (30, 8)
    /// The longest time of a call, if nothing stands still.
    private static let longest = Duration.milliseconds(600)
    private static let quiet = Duration.seconds(4)

    init(_ world: World) {
        self.world = world
        trouble = Trouble.allCases.randomElement() ?? .none
        let ledger = Ledger(world)
        self.ledger = ledger
        let isRemote = Bool.random()
        let replicas = (0..<3).map {
            SimulatedReplica($0, isRemote: isRemote, isRelayed: Int.random(in: 0..<3) == 0, in: world, ledger)
        }
        self.replicas = replicas
        callers = (0..<2).map { client in replicas.map { SimulatedCaller(client, to: $0, in: world) } }
        balancers = callers.map { LoadBalancingCaller($0) }
        let relayed = replicas.filter(\.isRelayed).map { "\($0.number)" }.joined(separator: ", ")
        world.record("\(trouble)\(isRemote ? ", over a network" : ""), proxies before \(relayed)")
    }

    /// Runs an episode to its end.
    ///
    /// - Returns: the number of its calls, and its history as a number.
    static func run(seed: UInt64) -> (calls: Int, history: UInt64) {
        simulation_reset(seed)
        let world = World(seed: seed)
        let ended = Later<Int>()
        Task {
            let episode = Episode(world)
            ended.value = await episode.run()
        }
        // All that was begun ends, and leaves no timer.
        while simulation_step() {
            world.require(simulation_time() < 120_000_000_000, "something goes on after the end")
        }
        guard let calls = ended.value else { world.fail("everything waits for something that never comes") }
        return (calls, world.history)
    }

    private func run() async -> Int {
        await withTaskGroup { group in
            group.addTask { await self.disturb() }
            for balancer in balancers { group.addTask { await self.load(balancer, Self.calls) } }
            await group.waitForAll()
        }
        await heal()
        let count = ledger.entries.count
        let calls = replicas.map { $0.process?.calls ?? 0 }
        func uncalled() -> [SimulatedReplica] {
            zip(replicas, calls).filter { ($0.process?.calls ?? 0) <= $1 }.map(\.0)
        }
        // One that was slow, if only because a call had to wait for its process to end, is tried by one call in two hundred.
        for round in 0..<Self.roundsAtEnd where round == 0 || !uncalled().isEmpty {
            for balancer in balancers { await load(balancer, Self.callsAtEnd) }
        }
        if isLively {
            // One that stood still is rarely called for some seconds.
            world.require(uncalled().isEmpty, "\(uncalled().map(\.number)) are not called any more")
            for (number, entry) in ledger.entries.enumerated() {
                world.require(entry.time <= Self.longest, "call \(number) takes \(entry.time)")
            }
        }
        for (number, entry) in ledger.entries.enumerated() {
            world.require(
                entry.hasSucceeded || (number < count && mayFail(entry)),
                "call \(number)\(entry.isWrite ? ", a write," : "") ends with \(entry.problem.map { "\($0)" } ?? "")")
        }
        world.require(callers.joined().allSatisfy { !$0.hasCalls }, "a connection holds a call")
        world.require(replicas.allSatisfy { $0.process?.isIdle == true }, "a process holds a call")
        for balancer in balancers { await balancer.close() }
        for replica in replicas { replica.kill() }
        ledger.close()
        return ledger.entries.count
    }

    private func load(_ balancer: LoadBalancingCaller, _ count: Int) async {
        await withTaskGroup { group in
            for _ in 0..<count {
                try? await Task.sleep(for: .milliseconds(Double.random(in: 0...24)))
                group.addTask {
                    let isShort = self.trouble == .chaos && self.isTroubled
                    let timeout: Duration = isShort ? .milliseconds(Int.random(in: 1...2000)) : .seconds(2)
                    await self.ledger.call(balancer, isWrite: Int.random(in: 0..<3) == 0, timeout: timeout)
                }
            }
            await group.waitForAll()
        }
        isTroubled = false
    }

    /// True if nothing stands still in this kind of trouble: what ends, ends with an event.
    private var isLively: Bool { [.none, .drains, .crashes].contains(trouble) }

    /// True if a call may fail in this kind of trouble.
    private func mayFail(_ entry: Ledger.Entry) -> Bool {
        switch trouble {
        case .none, .drains: false
        case .crashes: entry.isWrite && entry.problem?.isUnprocessed == false
        // One that stands still until a write's time is over does not begin it, and may still say so.
        case .freezes: entry.isWrite && (entry.problem?.isUnprocessed == false || entry.hasUsedItsTime)
        case .chaos: true
        }
    }
}

// MARK: - Faults

extension Episode {
    private func disturb() async {
        while isTroubled {
            try? await Task.sleep(for: .milliseconds(Int.random(in: 100...1000)))
            guard isTroubled, let replica = replicas.randomElement() else { return }
            switch trouble {
            case .none: return
            case .drains: await drain(replica)
            case .crashes: await crash(replica)
            case .freezes: await freeze(replica)
            case .chaos: await disturb(replica)
            }
        }
    }

    /// Stops a replica in order and starts it again, as in a rolling restart, which waits until each is ready.
    private func drain(_ replica: SimulatedReplica) async {
        world.record("\(replica.number) drains")
        await replica.drain()
        try? await Task.sleep(for: .milliseconds(Int.random(in: 0...500)))
        world.record("\(replica.number) is back")
        replica.start()
        try? await Task.sleep(for: .milliseconds(500))
    }

    private func crash(_ replica: SimulatedReplica) async {
        world.record("\(replica.number) is killed")
        replica.kill()
        // The clients of a proxy do not learn of it before another process is there.
        try? await Task.sleep(for: .milliseconds(Int.random(in: 0...(replica.isRelayed ? 100 : 1500))))
        world.record("\(replica.number) is back")
        replica.start()
        try? await Task.sleep(for: .milliseconds(500))
    }

    private func freeze(_ replica: SimulatedReplica) async {
        world.record("\(replica.number) is frozen")
        replica.freeze(true)
        try? await Task.sleep(for: .milliseconds(Int.random(in: 10...6000)))
        world.record("\(replica.number) goes on")
        replica.freeze(false)
        try? await Task.sleep(for: .milliseconds(500))
    }

    private func disturb(_ replica: SimulatedReplica) async {
        switch Int.random(in: 0..<10) {
        case 0: replica.kill()
        case 1, 2: replica.start()
        case 3: replica.freeze(true)
        case 4, 5: replica.freeze(false)
        case 6: replica.isolate(from: Set([0, 1].filter { _ in Bool.random() }))
        case 7: replica.cutLinks()
        case 8: world.delay = .milliseconds([2, 2, 20, 200, 800].randomElement() ?? 2)
        default:
            simulation_step_calendar(Int64.random(in: -600...600) * 1_000_000_000)
            await drain(replica)
        }
        world.record(
            "\(replica.number) of \(replicas.map { $0.process.map { $0.isFrozen ? "frozen" : "up" } ?? "down" })")
    }

    /// Ends all trouble.
    private func heal() async {
        world.delay = .milliseconds(2)
        for replica in replicas {
            replica.isolate(from: [])
            replica.freeze(false)
            replica.start()
        }
        world.record("healed")
        try? await Task.sleep(for: Self.quiet)
    }
}
