/// Several subjects under several loads, as far as the rounds have gone. It can be looked at while it grows.
public struct Comparison: Sendable {
    private struct Place: Hashable {
        let subject: String
        let load: Load
    }

    private let order: [String]
    /// All of them, whether or not they have figures yet.
    public let loads: [Load]
    private var figures: [Place: Figures] = [:]
    /// The subjects that gave up, with what they said.
    public private(set) var lost: [String: String] = [:]

    /// - Parameter subjects: their names, in the order in which they are shown.
    public init(subjects: [String], loads: [Load]) {
        order = subjects
        self.loads = loads
    }

    /// The subjects that have figures.
    public var subjects: [String] {
        order.filter { subject in loads.contains { self[subject, $0] != nil } }
    }

    /// Takes in what a turn has shown. A warm-up is passed over.
    public mutating func add(_ turn: Turn) {
        switch turn.outcome {
        case .failure(let loss): lost[turn.subject] = loss.reason
        case .success(let sample):
            guard let round = turn.round else { return }
            figures[Place(subject: turn.subject, load: turn.load), default: Figures()].add(sample, round: round)
        }
    }

    public subscript(_ subject: String, _ load: Load) -> Figures? {
        figures[Place(subject: subject, load: load)]
    }
}
