import Contracts
import Endpoints
import Foundation

/// A comparison of wires as it stands: what was measured, and what follows from it. It does no I/O.
struct Contest {
    /// Rounds of so many calls over each wire, with a pause between, so that a comparison leaves room for other work.
    static let rounds = 80
    static let callsARound = 12
    static let pause = Duration.milliseconds(30)
    /// For how long at most, whatever the wires do.
    static let limit = Duration.seconds(10)
    /// How long after one comparison the next may start.
    static let rest = Duration.seconds(2)
    /// So many failures in a row, and it is given up.
    static let patience = 10

    /// Upper bounds in microseconds: 16 steps from each power of ten to the next.
    static let bounds = (0...64).map { step in (10 * pow(10, Double(step) / 16) * 10).rounded() / 10 }

    private struct Wire {
        let link: Link
        var times: [Double] = []
        var failed = 0
        var counts = [Int](repeating: 0, count: bounds.count + 1)
    }

    let run: Int
    private var wires: [Wire]
    private var state = WebAppContract.WireComparison.State.running
    private var detail: String?
    private var failuresInARow = 0
    private var ended: ContinuousClock.Instant?

    init(run: Int, _ links: [Link]) {
        self.run = run
        wires = links.map { Wire(link: $0) }
    }

    var isRunning: Bool { state == .running }

    /// How long until another may start; nothing where it may at once.
    var restLeft: Duration? {
        guard let ended, ended + Self.rest > .now else { return nil }
        return ContinuousClock.now.duration(to: ended + Self.rest)
    }

    mutating func record(_ time: Duration, wire: Int) {
        let time = time.microseconds
        wires[wire].times.append(time)
        wires[wire].counts[Self.bounds.firstIndex { time <= $0 } ?? Self.bounds.count] += 1
        failuresInARow = 0
    }

    mutating func record(_ problem: Problem, wire: Int) {
        wires[wire].failed += 1
        failuresInARow += 1
        if failuresInARow == Self.patience { fail(problem) }
    }

    mutating func fail(_ problem: Problem) {
        state = .failed
        // Details of a lost connection name addresses, which are not for visitors.
        detail = problem.kind.title + "."
        ended = .now
    }

    mutating func finish() {
        guard isRunning else { return }
        state = .done
        ended = .now
    }

    var figures: WebAppContract.WireComparison {
        WebAppContract.WireComparison(
            run: run, state: state, detail: detail, done: wires.reduce(0) { $0 + $1.times.count + $1.failed },
            calls: Self.rounds * Self.callsARound * wires.count, bounds: Self.bounds,
            wires: wires.map { wire in
                WebAppContract.WireFigures(
                    link: wire.link, failed: wire.failed, sorted: wire.times.sorted(), counts: wire.counts)
            })
    }

    /// Before the first.
    static let none = WebAppContract.WireComparison(
        run: 0, state: .idle, done: 0, calls: rounds * callsARound * 2, bounds: bounds, wires: [])
}
