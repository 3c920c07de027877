/// A run: every subject under every load, round by round, so that what the machine does hits all alike.
///
/// ```swift
/// var turns = benchmark.trials(of: subjects)
/// var comparison = benchmark.comparison(of: subjects)
/// while let turn = await turns.next() { comparison.add(turn) }
/// ```
public struct Benchmark: Sendable {
    /// The loads that each subject has in each round.
    public let loads: [Workload]
    /// The number of rounds that count, after one to warm up.
    public let rounds: Int
    /// The length of each subject's turn.
    public let time: Duration

    /// - Parameters:
    ///   - rounds: fewer than six show no difference; see ``Ratio``.
    ///   - time: how long each subject has its turn.
    public init(loads: [Workload], rounds: Int, trial time: Duration) {
        self.loads = loads
        self.rounds = rounds
        self.time = time
    }

    /// A benchmark of so many subjects that takes about so long.
    public init(loads: [Workload], rounds: Int, subjects: Int, within time: Duration) {
        self.init(loads: loads, rounds: rounds, trial: time / max(loads.count * (rounds + 1) * subjects, 1))
    }

    /// The turns of the run, which are taken one after the other.
    public func trials(of subjects: [any BenchmarkTarget]) -> Trials {
        Trials(self, subjects)
    }

    /// An empty comparison, to gather the figures of these subjects.
    public func comparison(of subjects: [any BenchmarkTarget]) -> Comparison {
        Comparison(subjects: subjects.map(\.name), loads: loads)
    }
}

/// The turns of a benchmark, each begun when it is asked for, so that whoever asks no more has ended the benchmark.
///
/// A subject that gives up, or that has not one call of its turn answered, is left out from there on. The order of the
/// subjects is another one each time: whoever follows a subject that leaves the machine hot or cold would be taken for
/// slow or fast.
public struct Trials: Sendable {
    private let time: Duration
    private var subjects: [any BenchmarkTarget]
    /// The round and the load of each series of turns to come; in round 0 all warm up.
    private var series: [(round: Int, load: Workload)]
    /// The turns that are left of the series that runs.
    private var queue: [any BenchmarkTarget] = []
    private var current: (round: Int, load: Workload)?
    /// The time that each subject's last turn under each load has taken: large calls of many callers take longer than
    /// they may.
    private var taken: [Workload: [String: Duration]] = [:]

    fileprivate init(_ benchmark: Benchmark, _ subjects: [any BenchmarkTarget]) {
        time = benchmark.time
        self.subjects = subjects
        series = (0...benchmark.rounds).flatMap { round in benchmark.loads.map { (round, $0) } }.reversed()
    }

    /// Takes the next turn.
    ///
    /// - Returns: `nil` after the last.
    public mutating func next() async -> Trial? {
        if queue.isEmpty {
            current = series.popLast()
            queue = subjects.shuffled()
        }
        guard let current, let subject = queue.popLast() else { return nil }
        let start = ContinuousClock.now
        let outcome = await outcome(subject, current.load)
        taken[current.load, default: [:]][subject.name] = start.duration(to: .now)
        if case .failure = outcome { subjects.removeAll { $0.name == subject.name } }
        return Trial(
            subject: subject.name, load: current.load, round: current.round == 0 ? nil : current.round,
            outcome: outcome,
            timeLeft: timeLeft(current.load))
    }

    private func timeLeft(_ load: Workload) -> Duration {
        let rest = queue.map { ($0, load) } + series.flatMap { series in subjects.map { ($0, series.load) } }
        return rest.reduce(.zero) { left, turn in left + max(taken[turn.1]?[turn.0.name] ?? .zero, time) }
    }

    private func outcome(_ subject: any BenchmarkTarget, _ load: Workload) async -> Result<Sample, TrialFailure> {
        let before = subject.processes.processorTime
        do {
            var sample = try await subject.run(load, for: time)
            if let before, let after = subject.processes.processorTime { sample.processorTime = after - before }
            guard sample.latencies.count > 0 || sample.failures == 0 else {
                return .failure(TrialFailure(reason: "none of its \(sample.failures) calls was answered"))
            }
            return .success(sample)
        } catch {
            return .failure(TrialFailure(reason: String(describing: error)))
        }
    }
}

/// A subject's turn in a benchmark.
public struct Trial: Sendable {
    /// The name of the subject.
    public let subject: String
    /// The load that it had.
    public let load: Workload
    /// From 1; `nil` while it warms up.
    public let round: Int?
    /// The observations, or the reason why there are none.
    public let outcome: Result<Sample, TrialFailure>
    /// The time that the rest of the benchmark will take, by the time that its turns have taken so far.
    public let timeLeft: Duration
}

/// The reason why a subject no longer takes part.
public struct TrialFailure: Error {
    /// A sentence for people.
    public let reason: String
}
