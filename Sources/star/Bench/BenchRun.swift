package import Foundation
package import Measuring
import Synchronization
import UnixSignals
import ZeroMQ

/// The subjects, loads and times of a run.
package struct BenchPlan: Sendable {
    /// All of them if there is none.
    let wires: [Wire]
    /// In bytes.
    let sizes: [Int]
    let loads: [Workload]
    let rounds: Int
    let time: Duration

    /// - Parameters:
    ///   - wires: all of them if there is none.
    ///   - sizes: of the payloads in the loads, in bytes.
    package init(wires: [Wire], sizes: [Int], loads: [Workload], rounds: Int, time: Duration) {
        self.wires = wires
        self.sizes = sizes
        self.loads = loads
        self.rounds = rounds
        self.time = time
    }
}

/// A run from its first process to its figures.
package struct BenchRun {
    let plan: BenchPlan
    /// The running services to compare, in place of what the bench starts itself.
    let remote: [RemoteWire]?
    /// The folder of the peers.
    let peers: URL?
    /// Says something to the user.
    let report: @Sendable (String) -> Void

    /// - Parameters:
    ///   - remote: the running services to compare, in place of what the bench starts itself.
    ///   - peers: the folder of the peers.
    ///   - report: says something to the user.
    package init(plan: BenchPlan, remote: [RemoteWire]?, peers: URL?, report: @escaping @Sendable (String) -> Void) {
        self.plan = plan
        self.remote = remote
        self.peers = peers
        self.report = report
    }

    /// There is no peer of that name to compare with.
    struct NoSuchTarget: Error, CustomStringConvertible {
        let name: String
        let names: [String]
        var description: String { "“\(name)” does not take part. There are: \(names.joined(separator: "; "))." }
    }

    /// - Returns: the figures, and whether the run came to its end.
    package func result(reference: String?) async throws -> (BenchResult, isWhole: Bool) {
        // A peer that has ended is noticed by its silence.
        signal(SIGPIPE, SIG_IGN)
        // From here on there is something to leave in order.
        let interruption = await SignalHandler()
        defer { interruption.forget() }
        let context = try Context()
        defer { context.terminate() }
        return try await inFolder { folder in
            var subjects: [any BenchmarkTarget] = []
            do {
                try await start(&subjects, context, folder)
                let result = try await measure(subjects, reference, interruption)
                await close(subjects)
                return result
            } catch {
                await close(subjects)
                throw error
            }
        }
    }

    private func close(_ subjects: [any BenchmarkTarget]) async {
        for subject in subjects { await subject.close() }
    }

    private func inFolder<Value>(_ body: (URL) async throws -> Value) async throws -> Value {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("star-bench-\(getpid())")
        try FileManager.default.createDirectory(
            at: folder, withIntermediateDirectories: false, attributes: [.posixPermissions: 0o700])
        defer { try? FileManager.default.removeItem(at: folder) }
        return try await body(folder)
    }

    /// - Parameter subjects: gets each as soon as it runs, so that it can be closed whatever comes.
    private func start(_ subjects: inout [any BenchmarkTarget], _ context: Context, _ folder: URL) async throws {
        for wire in remote ?? [] { subjects.append(try await wire.subject(context)) }
        if remote == nil {
            let wires = BenchWires(context: context, payloads: plan.sizes, directory: folder)
            for wire in plan.wires.isEmpty ? Wire.allCases : plan.wires {
                subjects.append(try await wires.subject(wire))
            }
        }
        for program in try peers.map(PeerTarget.programs) ?? [] {
            do {
                subjects.append(try await PeerTarget(program))
            } catch {
                report("\(program.lastPathComponent) takes no part: \(error)")
            }
        }
    }

    private func measure(
        _ subjects: [any BenchmarkTarget], _ reference: String?, _ interruption: SignalHandler
    ) async throws -> (BenchResult, isWhole: Bool) {
        let names = subjects.map(\.name)
        let baseline = names.contains(Wire.bareZeroMQ.title) ? Wire.bareZeroMQ.title : names[0]
        let reference = reference ?? baseline
        guard names.contains(reference) else { throw NoSuchTarget(name: reference, names: names) }
        let benchmark = Benchmark(loads: plan.loads, rounds: plan.rounds, subjects: subjects.count, within: plan.time)
        let (start, clock) = (Date.now, ContinuousClock.now)
        let (comparison, isWhole) = await follow(benchmark, subjects, interruption)
        let memory = subjects.compactMap { subject in subject.processes.memory.map { (subject.name, $0) } }
        let versions = subjects.compactMap { subject in (subject as? PeerTarget).map { ($0.name, $0.version) } }
        let result = BenchResult(
            comparison: comparison, reference: reference,
            memory: Dictionary(memory) { first, _ in first }, versions: Dictionary(versions) { first, _ in first },
            machine: Machine(), rounds: plan.rounds, turn: benchmark.time, start: start,
            length: clock.duration(to: .now))
        return (result, isWhole)
    }

    private func follow(
        _ benchmark: Benchmark, _ subjects: [any BenchmarkTarget], _ interruption: SignalHandler
    ) async -> (Comparison, isWhole: Bool) {
        let (bar, start) = (ProgressBar(), ContinuousClock.now)
        var (turns, comparison) = (benchmark.trials(of: subjects), benchmark.comparison(of: subjects))
        defer { bar.clear() }
        while let turn = await turns.next() {
            comparison.add(turn)
            guard !interruption.isTriggered else { return (comparison, false) }
            bar.show(turn, elapsed: start.duration(to: .now))
        }
        return (comparison, true)
    }
}

/// Ctrl-C and SIGTERM: the first asks for an end, the second ends the process.
private final class SignalHandler: Sendable {
    private let count = Atomic(0)
    private let task = Mutex<Task<Void, Never>?>(nil)

    init() async {
        let signals = await UnixSignalsSequence(trapping: .sigint, .sigterm)
        let watch = Task { [weak self] in
            for await _ in signals { self?.come() }
        }
        task.withLock { $0 = watch }
    }

    var isTriggered: Bool { count.load(ordering: .relaxed) > 0 }

    private func come() {
        if count.add(1, ordering: .relaxed).newValue > 1 { exit(130) }
    }

    func forget() {
        task.withLock { $0 }?.cancel()
    }
}
