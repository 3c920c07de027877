import Measuring

/// A subject whose calls take as long as it says, without taking it.
struct Puppet: BenchmarkTarget {
    let name: String
    var processes: Processes { Processes(servers: []) }
    var answers: @Sendable (Workload) throws -> [Duration]

    struct Broken: Error, CustomStringConvertible {
        let description = "broken"
    }

    func run(_ load: Workload, for time: Duration) async throws -> Sample {
        var sample = Sample()
        for time in try answers(load) { sample.latencies.record(time) }
        if sample.latencies.count == 0 { sample.failures = 7 }
        sample.elapsed = time
        return sample
    }

    func close() {}
}
