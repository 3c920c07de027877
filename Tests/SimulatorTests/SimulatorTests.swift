import Foundation
import RPC
import SimulatedSystem
import Testing

/// The client's balancer, its replicas, budgets and connections, and the dispatcher behind them; and those who follow an issuer's
/// keys and revocations: in simulated time on a simulated network.
///
/// A seed that fails is printed, and replayed by `SIMULATOR_SEED=17 swift test --filter SimulatorTests/seeds`; with
/// `SIMULATOR_MINUTES=60` it looks for an hour. The frames are real; sockets, fronts and HTTP are not in it:
/// `Tests/Faults/check` has those.
@Suite("A simulated family, on whatever trouble it comes")
struct SimulatorTests {
    /// The output of the simulation, which has a process of its own.
    private let output = FileManager.default.temporaryDirectory.appending(path: "simulation-\(UUID().uuidString)").path

    init() {
        // Else the order of dictionaries depends on where they are in memory.
        setenv("SWIFT_DETERMINISTIC_HASHING", "1", 1)
    }

    /// Its last line is none: the testing library writes a mark there.
    private func show() {
        let lines = (FileManager.default.contents(atPath: output) ?? Data()).split(separator: UInt8(ascii: "\n"))
        for line in lines { if let text = String(validating: line, as: UTF8.self) { print(text) } }
        try? FileManager.default.removeItem(atPath: output)
    }

    @Test("ends each call in time with its own reply, runs no write twice, and holds nothing afterwards")
    func seeds() async {
        await #expect(processExitsWith: .success) { [output = output as String] in
            search(for: 100_000, "calls", output) { Episode.run(seed: $0).calls }
        }
        show()
    }

    @Test("calls a slow replica rarely, and as often as the others two seconds after it has recovered")
    func slowReplica() async {
        await #expect(processExitsWith: .success) { [output = output as String] in
            search(for: 100_000, "calls", output) { seed in
                SlowReplica.Slowness.allCases.reduce(0) { $0 + SlowReplica.run(seed: seed, $1) }
            }
        }
        show()
    }

    @Test("knows within a second which tokens and keys are good, and lets in no token that it has refused")
    func trust() async {
        await #expect(processExitsWith: .success) { [output = output as String] in
            search(for: 2000, "changes", output) { TrustEpisode.run(seed: $0) }
        }
        show()
    }

    @Test("takes the same course with the same seed")
    func replay() async {
        await #expect(processExitsWith: .success) { [output = output as String] in
            begin(output)
            for seed in 1...8 as ClosedRange<UInt64> {
                let first = Episode.run(seed: seed)
                _ = Episode.run(seed: seed + 100)
                precondition(Episode.run(seed: seed) == first, "seed \(seed) has two courses")
                precondition(Episode.run(seed: seed + 1).history != first.history)
            }
        }
        show()
    }
}

/// Redirects what is printed to a file, and simulates from then on.
private func begin(_ output: String) {
    let file = open(output, O_WRONLY | O_CREAT, 0o600)
    precondition(dup2(file, STDOUT_FILENO) >= 0 && dup2(file, STDERR_FILENO) >= 0, "\(output) cannot be written")
    simulation_begin()
    simulation_reset(0)
    // Objects that are made at their first use take the clock and random numbers of a run that does not count.
    _ = TimerQueue.shared
    _ = Episode.run(seed: 0)
}

/// Runs one seed after the other until there was enough of what they return; or one, or for some minutes, as the environment says.
private func search(for enough: Int, _ unit: String, _ output: String, _ run: (_ seed: UInt64) -> Int) {
    let environment = ProcessInfo.processInfo.environment
    let start = UInt64(Date().timeIntervalSince1970)
    begin(output)
    // The process ends without that.
    defer { fflush(nil) }
    if let seed = environment["SIMULATOR_SEED"].flatMap({ UInt64($0) }) {
        return print("\(run(seed)) \(unit)")
    }
    let minutes = environment["SIMULATOR_MINUTES"].flatMap { Double($0) }
    let first = minutes == nil ? 1 : start << 20
    var (seed, count) = (first, 0)
    while minutes.map({ processorTime() < $0 * 60 }) ?? (count < enough) {
        count += run(seed)
        seed += 1
    }
    print("\(count) \(unit) in \(seed - first) episodes, from seed \(first); \(Int(processorTime())) s")
}

/// The simulation has no other clock that goes by itself.
private func processorTime() -> Double {
    var time = timespec()
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time)
    return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
}
