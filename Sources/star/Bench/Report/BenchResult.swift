import Foundation
import Measuring

/// A run that is over, and what it takes to read it.
struct BenchResult {
    let comparison: Comparison
    /// The subject whose figures the others' are divided by.
    let reference: String
    /// The memory of each subject's server when the run ended.
    let memory: [String: Memory]
    /// The versions that peers report.
    let versions: [String: String]
    let machine: Machine
    let rounds: Int
    let turn: Duration
    let start: Date
    let length: Duration

    func ratio(_ subject: String, _ load: Load, _ figure: KeyPath<Figures.Round, Double>) -> Ratio? {
        guard subject != reference, let other = comparison[reference, load] else { return nil }
        return comparison[subject, load]?.ratio(to: other, of: figure)
    }

    /// By which part of their median the rounds differ: of all figures the median, and the noisiest with its name.
    var noise: (typical: Double, most: Double, where: String)? {
        let spreads = comparison.loads.flatMap { load in
            comparison.subjects.compactMap { subject in
                comparison[subject, load]?.spread.map { ($0, "\(subject), \(load.title)") }
            }
        }.sorted { $0.0 < $1.0 }
        guard let most = spreads.last else { return nil }
        return (spreads[spreads.count / 2].0, most.0, most.1)
    }
}

extension Load {
    /// Its name in tables and plots.
    var title: String { "\(size), \(callers) \(callers == 1 ? "caller" : "callers"), \(pace)" }

    /// The payload of a call, for people.
    var size: String {
        switch payload {
        case 0: "small"
        case let bytes where bytes.isMultiple(of: 1024): "\(bytes / 1024) KiB"
        case let bytes: "\(bytes) B"
        }
    }

    private var pace: String {
        callsPerSecond.map { "\($0.shown(0)) calls/s" } ?? "back to back"
    }
}

extension Double {
    /// With so many digits after the point.
    func shown(_ digits: Int) -> String {
        formatted(.number.precision(.fractionLength(digits)).grouping(.never))
    }
}
