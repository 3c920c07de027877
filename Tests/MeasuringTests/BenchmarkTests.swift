import Foundation
import Measuring
import Testing

@Suite("A benchmark")
struct BenchmarkTests {
    private let loads = [Workload(), Workload(callers: 64), Workload(callsPerSecond: 500)]

    private func turns(_ benchmark: Benchmark, _ subjects: [any BenchmarkTarget]) async -> ([Trial], Comparison) {
        var (turns, all) = (benchmark.trials(of: subjects), [Trial]())
        var comparison = benchmark.comparison(of: subjects)
        while let turn = await turns.next() {
            all.append(turn)
            comparison.add(turn)
        }
        return (all, comparison)
    }

    @Test("gives every subject its turn under every load in every round, after one to warm up")
    func order() async {
        let subjects = ["a", "b", "c"].map { Puppet(name: $0) { _ in [.microseconds(10)] } }
        let (turns, comparison) = await turns(Benchmark(loads: loads, rounds: 6, trial: .seconds(60)), subjects)
        #expect(turns.count == 3 * 3 * 7)
        for (index, series) in stride(from: 0, to: turns.count, by: 3).enumerated() {
            let three = turns[series..<(series + 3)]
            #expect(Set(three.map(\.subject)).count == 3 && Set(three.map(\.load)).count == 1)
            #expect(three.allSatisfy { ($0.round ?? 0) == index / 3 })
        }
        #expect(turns.last?.timeLeft == .zero && turns.first?.timeLeft == .seconds(62 * 60))
        #expect(comparison.subjects == ["a", "b", "c"] && comparison.lost.isEmpty)
        #expect(comparison["b", loads[1]]?.rounds.map(\.number) == Array(1...6))
        #expect(comparison["b", loads[1]]?.latencies.count == 6)
    }

    @Test("says how much time is left by what turns have taken, where that is more than planned")
    func overrun() async throws {
        let slow = ClosureTarget("slow", processes: Processes(servers: [])) { _ in
            // A call that takes longer than its turn should: the time left is at least what such calls need.
            usleep(20_000)
        } close: {
        }
        var turns = Benchmark(loads: [Workload()], rounds: 3, trial: .milliseconds(1)).trials(of: [slow])
        let first = try #require(await turns.next())
        #expect(first.timeLeft >= .milliseconds(60))
    }

    @Test("goes on without a subject that gives up, or that answers nothing, and says why")
    func losses() async {
        let subjects = [
            Puppet(name: "good") { _ in [.microseconds(10)] },
            Puppet(name: "broken") { load in
                guard load.callers == 1 else { throw Puppet.Broken() }
                return [.microseconds(20)]
            },
            Puppet(name: "silent") { _ in [] },
        ]
        let (turns, comparison) = await turns(Benchmark(loads: loads, rounds: 2, trial: .milliseconds(1)), subjects)
        #expect(turns.count { $0.subject == "good" } == 9)
        #expect(turns.count { $0.subject == "broken" } == 2 && turns.count { $0.subject == "silent" } == 1)
        #expect(comparison.lost["broken"] == "broken")
        #expect(comparison.lost["silent"] == "none of its 7 calls was answered")
        #expect(comparison.subjects == ["good"])
    }

    @Test("of a closure times its calls, counts those that fail, and runs them where it should")
    func closures() async throws {
        let calls = Calls()
        let subject = ClosureTarget("calls", processes: Processes(servers: [getpid()])) { payload in
            try await calls.call(payload)
        } close: {
            await calls.close()
        }
        let benchmark = Benchmark(loads: [Workload(payload: 3, callers: 4)], rounds: 1, trial: .milliseconds(200))
        let (_, comparison) = await turns(benchmark, [subject])
        await subject.close()
        let figures = try #require(comparison["calls", benchmark.loads[0]])
        #expect(figures.latencies.count > 0 && figures.failures > 0)
        #expect(await calls.payloads == [3])
        #expect(await calls.isClosed)
        #expect(try #require(figures.processorTimePerCall) > .zero)
        #expect(try #require(subject.processes.memory).resident > 1 << 20)
    }

    private actor Calls {
        struct Refused: Error {}

        var payloads: Set<Int> = []
        var isClosed = false
        private var count = 0

        func call(_ payload: Int) throws {
            payloads.insert(payload)
            count += 1
            if count.isMultiple(of: 2) { throw Refused() }
        }

        func close() { isClosed = true }
    }
}
