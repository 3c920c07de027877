/// Several subjects under several loads, as far as the rounds have gone. It can be read while it grows.
public struct Comparison: Sendable {
    private struct CellKey: Hashable {
        let subject: String
        let load: Workload
    }

    private let order: [String]
    /// All of them, whether or not they have figures yet.
    public let loads: [Workload]
    private var figures: [CellKey: Statistics] = [:]
    /// The subjects that gave up, with what they said.
    public private(set) var lost: [String: String] = [:]

    /// - Parameter subjects: their names, in the order in which they are shown.
    public init(subjects: [String], loads: [Workload]) {
        order = subjects
        self.loads = loads
    }

    /// The subjects that have figures.
    public var subjects: [String] {
        order.filter { subject in loads.contains { self[subject, $0] != nil } }
    }

    /// Takes in what a turn has shown. A warm-up is passed over.
    public mutating func add(_ turn: Trial) {
        switch turn.outcome {
        case .failure(let loss): lost[turn.subject] = loss.reason
        case .success(let sample):
            guard let round = turn.round else { return }
            figures[CellKey(subject: turn.subject, load: turn.load), default: Statistics()].add(sample, round: round)
        }
    }

    /// The results of a subject under a load; `nil` if it has none.
    public subscript(_ subject: String, _ load: Workload) -> Statistics? {
        figures[CellKey(subject: subject, load: load)]
    }
}

/// The ratio of one subject's figure to another's, and if the run can distinguish them.
///
/// Each round gives one ratio, of two figures taken shortly after each other, so that what the machine does to both cancels out.
/// The value is the median of the rounds; the interval holds the true median with a confidence of at least 95 %, by the
/// order of the ratios alone (the sign test's interval), whatever their distribution.
public struct Ratio: Sendable, Equatable {
    /// The median of the rounds' ratios.
    public let value: Double
    /// The least and the greatest that it may be; 0 and infinity if there are too few rounds, fewer than six.
    public let low, high: Double

    /// True if the interval leaves 1 out. Otherwise the run's own noise covers the difference.
    public var isDifference: Bool { low > 1 || high < 1 }

    /// - Returns: `nil` without a round.
    public init?(rounds: [Double]) {
        guard !rounds.isEmpty else { return nil }
        let ordered = rounds.sorted()
        value = ordered.median
        if let outer = Self.rank(of: ordered.count) {
            low = ordered[outer]
            high = ordered[ordered.count - 1 - outer]
        } else {
            low = 0
            high = .infinity
        }
    }

    /// The number of the least, and as many of the greatest, that may be left out: of n throws of a coin, the most that
    /// come up heads at most so often that both tails together have 5 %.
    static func rank(of count: Int) -> Int? {
        var chance = 1.0
        for _ in 0..<count { chance /= 2 }
        var (tail, ways, rank) = (0.0, 1.0, -1)
        for heads in 0..<max(count / 2, 1) {
            tail += 2 * ways * chance
            guard tail <= 0.05 else { break }
            rank = heads
            ways *= Double(count - heads) / Double(heads + 1)
        }
        return rank < 0 ? nil : rank
    }
}

extension [Double] {
    /// Of ordered numbers, of which there is one at least.
    var median: Double { (self[(count - 1) / 2] + self[count / 2]) / 2 }
}
