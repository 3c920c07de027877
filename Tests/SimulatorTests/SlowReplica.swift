import Endpoints
import Foundation
import RPC
import SimulatedSystem

/// Three replicas of which one is slow for a while, and one client that calls them at a steady rate.
final class SlowReplica: @unchecked Sendable {
    enum Slowness: CaseIterable {
        /// The process runs for 5 ms of each 100.
        case stops
        /// Every call takes half a second longer.
        case takesLonger
    }

    private final class Replica: Caller, @unchecked Sendable {
        var slowness: Slowness?
        var calls = 0

        var isConnected: Bool { true }

        func call(_ call: Call, _ endpoint: EndpointDescriptor) async -> Reply {
            if !call.isInternal { calls += 1 }
            let millisecond = Double(simulation_time() % 100_000_000) / 1e6
            switch slowness {
            case .stops where millisecond > 5: try? await Task.sleep(for: .milliseconds(100 - millisecond))
            case .takesLonger where !call.isInternal: try? await Task.sleep(for: .milliseconds(500))
            default: break
            }
            try? await Task.sleep(for: .milliseconds(Double.random(in: 0.5...2)))
            return .success(status: 200, body: Data())
        }

        func close() {}
    }

    private let world: World
    private let replicas = [Replica(), Replica(), Replica()]
    private let balancer: LoadBalancingCaller
    private var times: [Duration] = []

    private init(_ world: World) {
        self.world = world
        balancer = LoadBalancingCaller(replicas)
    }

    /// - Returns: the number of calls.
    static func run(seed: UInt64, _ slowness: Slowness) -> Int {
        simulation_reset(seed)
        let world = World(seed: seed)
        let calls = Later<Int>()
        Task { calls.value = await SlowReplica(world).run(slowness) }
        while simulation_step() {}
        guard let calls = calls.value else { world.fail("everything waits for something that never comes") }
        return calls
    }

    private func run(_ slowness: Slowness) async -> Int {
        let quiet = await load(for: .seconds(5))
        replicas[0].slowness = slowness
        // Until the balancer has noticed.
        _ = await load(for: .seconds(1))
        let troubled = await load(for: .seconds(20))
        world.require(troubled <= quiet * 3, "one slow replica: 99 % of calls end within \(troubled), before \(quiet)")
        replicas[0].slowness = nil
        _ = await load(for: .seconds(2))
        let before = replicas.map(\.calls)
        _ = await load(for: .seconds(1))
        let calls = zip(replicas, before).map { $0.calls - $1 }
        world.require(
            calls[0] * 5 >= calls.reduce(0, +), "after it was slow (\(slowness)) a replica gets its share: \(calls)")
        await balancer.close()
        return replicas.map(\.calls).reduce(0, +)
    }

    /// 500 calls a second.
    ///
    /// - Returns: the time in which 99 % of them end.
    private func load(for time: Duration) async -> Duration {
        times = []
        await withTaskGroup { group in
            let end = ContinuousClock.now + time
            while .now < end {
                try? await Task.sleep(for: .milliseconds(Double.random(in: 0...4)))
                group.addTask { await self.call() }
            }
            await group.waitForAll()
        }
        return times.sorted()[times.count * 99 / 100]
    }

    private func call() async {
        let start = ContinuousClock.now
        let reply = await balancer.call(
            Call("simulated.read", timeout: .seconds(2)), SimulatedContract.read.description)
        world.require(reply.status == 200, "a call ends with \(reply)")
        times.append(start.duration(to: .now))
    }
}
