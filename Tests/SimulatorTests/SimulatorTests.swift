import Foundation
import RPC
import SimulatedSystem
import Testing

/// The client's balancer, its replicas, budgets and connections, and the dispatcher behind them, in simulated time on a
/// simulated network.
///
/// A seed that fails is replayed by `SIMULATOR_SEED=17 swift test --filter SimulatorTests`; with `SIMULATOR_MINUTES=60` it
/// looks for an hour. The frames are real; sockets, fronts and HTTP are not in it: `Tests/Faults/check` has those.
@Suite("A simulated family, on whatever trouble it comes")
struct SimulatorTests {
    init() {
        // Else the order of dictionaries depends on where they are in memory.
        setenv("SWIFT_DETERMINISTIC_HASHING", "1", 1)
    }

    @Test("ends each call in time with its own reply, runs no write twice, and holds nothing afterwards")
    func seeds() async {
        await #expect(processExitsWith: .success) {
            let environment = ProcessInfo.processInfo.environment
            begin()
            if let seed = environment["SIMULATOR_SEED"].flatMap({ UInt64($0) }) {
                print(Episode.run(seed: seed))
            } else if let minutes = environment["SIMULATOR_MINUTES"].flatMap({ Double($0) }) {
                let first = UInt64(Date().timeIntervalSince1970) << 20
                look(from: first, whileTrue: { _ in processorTime() < minutes * 60 })
            } else {
                look(from: 1, whileTrue: { $0 < 100_000 })
            }
        }
    }

    @Test("takes the same course with the same seed")
    func replay() async {
        await #expect(processExitsWith: .success) {
            begin()
            for seed in 1...8 as ClosedRange<UInt64> {
                let first = Episode.run(seed: seed)
                _ = Episode.run(seed: seed + 100)
                precondition(Episode.run(seed: seed) == first, "seed \(seed) has two courses")
                precondition(Episode.run(seed: seed + 1).history != first.history)
            }
        }
    }
}

private func begin() {
    simulation_begin()
    simulation_reset(0)
    // What is made at its first use takes the clock and random numbers of a run that does not count.
    _ = TimerQueue.shared
    _ = Episode.run(seed: 0)
}

private func look(from first: UInt64, whileTrue goesOn: (_ calls: Int) -> Bool) {
    var (seed, calls) = (first, 0)
    while goesOn(calls) {
        calls += Episode.run(seed: seed).calls
        seed += 1
    }
    print("\(calls) calls in \(seed - first) episodes, from seed \(first); \(Int(processorTime())) s")
}

/// The simulation has no other clock that goes by itself.
private func processorTime() -> Double {
    var time = timespec()
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time)
    return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
}
