import Foundation
import Measuring

@testable import StarBench

/// Runs without a machine.
enum Samples {
    static let loads = [Workload(), Workload(callers: 64), Workload(callsPerSecond: 500)]

    /// A subject whose calls take a time that differs from call to call, and in some rounds from what it was.
    struct Steady: BenchmarkTarget {
        let name: String
        let microseconds: Int
        var processes: Processes { Processes(servers: [getpid()]) }

        func run(_ load: Workload, for time: Duration) -> Sample {
            var sample = Sample()
            for call in 1...2000 {
                sample.latencies.record(.microseconds(microseconds * load.callers) + .nanoseconds(call * 7))
            }
            sample.elapsed = .milliseconds(microseconds)
            return sample
        }

        func close() {}
    }

    static func result(rounds: Int = 9) async throws -> BenchResult {
        let subjects =
            [Steady(name: "<floor> & \"more\"", microseconds: 50), Steady(name: "wire", microseconds: 100)]
            + [Steady(name: "twin", microseconds: 50)]
        let benchmark = Benchmark(loads: loads, rounds: rounds, trial: .milliseconds(10))
        var (turns, comparison) = (benchmark.trials(of: subjects), benchmark.comparison(of: subjects))
        while let turn = await turns.next() { comparison.add(turn) }
        let memory = subjects.compactMap { subject in subject.processes.memory.map { (subject.name, $0) } }
        return BenchResult(
            comparison: comparison, reference: subjects[0].name, memory: Dictionary(uniqueKeysWithValues: memory),
            versions: ["wire": "1.2.3"], machine: Machine(), rounds: rounds, turn: benchmark.time,
            start: Date(timeIntervalSince1970: 1_800_000_000), length: .seconds(3))
    }
}
