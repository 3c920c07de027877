import Contracts
import Endpoints
public import Foundation
import JSON
import Measuring
import RPC

/// A comparison of wires as it stands: what was measured, and what follows from it. It does no I/O.
struct ComparisonRun {
    /// Each wire has its turn in each round, with a pause after it, so that a comparison leaves room for other work.
    static let benchmark = Benchmark(loads: [load], rounds: 60, trial: .milliseconds(10))
    static let pause = Duration.milliseconds(20)
    /// The timeout of one call.
    static let callTimeout = Duration.milliseconds(500)
    /// For how long at most, whatever the wires do.
    static let limit = Duration.seconds(10)
    /// The time after one comparison before the next may start.
    static let rest = Duration.seconds(2)

    private static let load = Workload(callers: 1)

    /// Upper bounds in microseconds: 16 steps from each power of ten to the next.
    static let bounds = (0...64).map { step in (10 * pow(10, Double(step) / 16) * 10).rounded() / 10 }

    let run: Int
    private let links: [Link]
    private var comparison: Comparison
    /// The number of turns, those of the warm-up included.
    private(set) var turns = 0
    private var state = WebAppContract.WireComparison.State.running
    private var detail: String?
    private var ended: ContinuousClock.Instant?

    init(run: Int, _ links: [Link]) {
        self.run = run
        self.links = links
        comparison = Comparison(subjects: links.map(\.rawValue), loads: [Self.load])
    }

    var isRunning: Bool { state == .running }

    /// The time until another may start; zero if it may at once.
    var restLeft: Duration? {
        guard let ended, ended + Self.rest > .now else { return nil }
        return ContinuousClock.now.duration(to: ended + Self.rest)
    }

    mutating func add(_ turn: Trial) {
        comparison.add(turn)
        turns += 1
        if case .failure = turn.outcome { fail("Over \(turn.subject) no call was answered.") }
    }

    mutating func fail(_ problem: Problem) {
        // Its title, not its detail: what visitors read says nothing of the inside.
        fail(problem.kind.title + ".")
    }

    private mutating func fail(_ reason: String) {
        guard isRunning else { return }
        state = .failed
        detail = reason
        ended = .now
    }

    mutating func finish() {
        guard isRunning else { return }
        state = .done
        ended = .now
    }

    var figures: WebAppContract.WireComparison {
        WebAppContract.WireComparison(
            run: run, state: state, detail: detail, progress: progress, bounds: Self.bounds, ratio: ratio,
            wires: links.map { WebAppContract.WireFigures($0, comparison[$0.rawValue, Self.load]) })
    }

    private var progress: Double { min(1, Double(turns) / Double((Self.benchmark.rounds + 1) * links.count)) }

    /// The ratio of the time of a call over the last wire to one over the first; `nil` before there are rounds enough
    /// to say how sure that is.
    private var ratio: WebAppContract.WireRatio? {
        guard let first = links.first.flatMap({ comparison[$0.rawValue, Self.load] }),
            let last = links.last.flatMap({ comparison[$0.rawValue, Self.load] }),
            let ratio = last.ratio(to: first, of: \.median), ratio.high.isFinite
        else { return nil }
        return WebAppContract.WireRatio(
            value: ratio.value, low: ratio.low, high: ratio.high, isDifference: ratio.isDifference)
    }

    /// Before the first.
    static let none = WebAppContract.WireComparison(run: 0, state: .idle, progress: 0, bounds: bounds, wires: [])
}

extension WebAppContract.WireFigures {
    /// - Parameter figures: `nil` before the first round.
    fileprivate init(_ link: Link, _ figures: Statistics?) {
        let latencies = figures?.latencies ?? Latencies()
        var counts = [Int](repeating: 0, count: ComparisonRun.bounds.count + 1)
        for pair in latencies.pairs {
            let time = Double(pair[0]) / 1000
            counts[ComparisonRun.bounds.firstIndex { time <= $0 } ?? ComparisonRun.bounds.count] += Int(pair[1])
        }
        self.init(
            link: link, calls: latencies.count, failed: figures?.failures ?? 0,
            p50: latencies.percentile(50)?.microseconds, p90: latencies.percentile(90)?.microseconds,
            p99: latencies.percentile(99)?.microseconds,
            longest: latencies.count > 0 ? latencies.longest.microseconds : nil, counts: counts)
    }
}

extension WebAppService {
    /// Starts to compare; if one goes on already, the caller watches that one.
    func compare(_: Empty, _ context: CallContext) async throws -> WebAppContract.WireComparison {
        if let currentComparison, currentComparison.isRunning { return currentComparison.figures }
        guard let resourceOverHTTP, resourceRoute.link != .http else {
            throw Problem(.conflict, "There is one wire to resource here, and so nothing to compare.")
        }
        if let rest = currentComparison?.restLeft {
            throw Problem(.tooManyRequests, "The last comparison has only just ended.", retryAfter: rest)
        }
        let started = ComparisonRun(
            run: (currentComparison?.run ?? 0) + 1, [resourceRoute.link, resourceOverHTTP.link])
        currentComparison = started
        Task { await run([resourceRoute, resourceOverHTTP]) }
        return started.figures
    }

    func comparison(_: Empty, _ context: CallContext) async -> WebAppContract.WireComparison {
        currentComparison?.figures ?? ComparisonRun.none
    }

    /// The results of ``comparison(_:_:)``, each time that they have grown, as server-sent events. They end with the
    /// comparison.
    public nonisolated func comparisonEvents() -> AsyncStream<Data> {
        let (events, subscriber) = AsyncStream<Data>.makeStream(bufferingPolicy: .bufferingNewest(1))
        Task { await subscribe(subscriber) }
        return events
    }

    private func subscribe(_ subscriber: AsyncStream<Data>.Continuation) {
        subscribers.append(subscriber)
        notifySubscribers()
    }

    private func notifySubscribers() {
        guard !subscribers.isEmpty, let json = try? JSONCoding.encode(currentComparison?.figures ?? ComparisonRun.none)
        else {
            return
        }
        let event = Data("data: ".utf8) + json + Data("\n\n".utf8)
        subscribers.removeAll { subscriber in
            if case .terminated = subscriber.yield(event) { true } else { false }
        }
        guard currentComparison?.isRunning != true else { return }
        for subscriber in subscribers { subscriber.finish() }
        subscribers = []
    }

    /// Calls by turns, in an order that changes, so that what else the machine does hits both wires alike.
    private func run(_ wires: [ServiceRoute]) async {
        let end = ContinuousClock.now + ComparisonRun.limit
        do {
            let token = try await ownToken.value()
            var turns = ComparisonRun.benchmark.trials(of: wires.map { subject($0, token) })
            while currentComparison?.isRunning == true, .now < end, let turn = await turns.next() {
                currentComparison?.add(turn)
                if currentComparison?.turns.isMultiple(of: Self.trialsPerNotification) == true { notifySubscribers() }
                try await Task.sleep(for: ComparisonRun.pause)
            }
            currentComparison?.finish()
        } catch {
            currentComparison?.fail(error as? Problem ?? .cancelled)
        }
        notifySubscribers()
    }

    /// A visitor sees some ten changes a second at the most.
    private static let trialsPerNotification = 4

    private func subject(_ route: ServiceRoute, _ token: String) -> ClosureTarget {
        let client = Client<ResourceContract>(route.caller)
        return ClosureTarget(
            route.link.rawValue, processes: Processes(servers: []), on: executor,
            call: { _ in
                _ = try await client.call(
                    ResourceContract.currentTime, token: token, timeout: ComparisonRun.callTimeout)
            }, close: {})
    }
}
