import Contracts
import Endpoints
import Foundation
import Measuring

/// A comparison of wires as it stands: what was measured, and what follows from it. It does no I/O.
struct WireComparison {
    /// Each wire has its turn in each round, with a pause after it, so that a comparison leaves room for other work.
    static let course = Benchmark(loads: [load], rounds: 60, turn: .milliseconds(10))
    static let pause = Duration.milliseconds(20)
    /// For how long one answer is waited for.
    static let patience = Duration.milliseconds(500)
    /// For how long at most, whatever the wires do.
    static let limit = Duration.seconds(10)
    /// The time after one comparison before the next may start.
    static let rest = Duration.seconds(2)

    private static let load = Load(callers: 1)

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

    mutating func add(_ turn: Turn) {
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

    private var progress: Double { min(1, Double(turns) / Double((Self.course.rounds + 1) * links.count)) }

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
    fileprivate init(_ link: Link, _ figures: Figures?) {
        let latencies = figures?.latencies ?? Latencies()
        var counts = [Int](repeating: 0, count: WireComparison.bounds.count + 1)
        for pair in latencies.pairs {
            let time = Double(pair[0]) / 1000
            counts[WireComparison.bounds.firstIndex { time <= $0 } ?? WireComparison.bounds.count] += Int(pair[1])
        }
        self.init(
            link: link, calls: latencies.count, failed: figures?.failures ?? 0,
            p50: latencies.percentile(50)?.microseconds, p90: latencies.percentile(90)?.microseconds,
            p99: latencies.percentile(99)?.microseconds,
            longest: latencies.count > 0 ? latencies.longest.microseconds : nil, counts: counts)
    }
}
