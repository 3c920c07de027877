import Foundation
import Histogram

/// The times of several wires at several numbers of callers, gathered round by round so that a machine's moods hit all alike.
struct Comparison {
    private struct Place: Hashable {
        let wire: String
        let callers: Int
    }

    fileprivate struct Figures {
        var times = Histogram<UInt64>(highestTrackableValue: 60_000_000_000, numberOfSignificantValueDigits: .three)
        /// Calls a second, a figure a round.
        var rates: [Double] = []
    }

    private var figures: [Place: Figures] = [:]

    /// Measures each wire once.
    ///
    /// - Parameter calls: at each number of callers.
    mutating func round(_ wires: [any BenchWire], callers: [Int], calls: Int) async throws {
        for callers in callers {
            for wire in wires {
                let start = ContinuousClock.now
                let times = try await wire.call(calls, callers: callers)
                let seconds = start.duration(to: .now) / .seconds(1)
                record(times, seconds, Place(wire: wire.name, callers: callers))
            }
        }
    }

    private mutating func record(_ times: [Duration], _ seconds: Double, _ place: Place) {
        for time in times { figures[place, default: Figures()].times.record(UInt64(time / .nanoseconds(1))) }
        figures[place]?.rates.append(Double(times.count) / seconds)
    }

    /// The figures as a table, each wire beside the first.
    func table(_ wires: [any BenchWire], callers: [Int]) -> String {
        var rows = [["callers", "wire", "p50 µs", "p99 µs", "calls/s", "p50 ratio", "calls/s ratio"]]
        for callers in callers {
            let first = figures[Place(wire: wires[0].name, callers: callers)]
            for wire in wires {
                guard let own = figures[Place(wire: wire.name, callers: callers)], let first else { continue }
                rows.append([
                    "\(callers)", wire.name, own.microseconds(50), own.microseconds(99), own.rate.shown(0),
                    (own.median / first.median).shown(2), (own.rate / first.rate).shown(2),
                ])
            }
        }
        return TextTable.text(rows)
    }
}

extension Comparison.Figures {
    fileprivate var median: Double { Double(times.valueAtPercentile(50)) }

    /// The median of the rounds.
    fileprivate var rate: Double { rates.sorted()[rates.count / 2] }

    fileprivate func microseconds(_ percentile: Double) -> String {
        (Double(times.valueAtPercentile(percentile)) / 1000).shown(1)
    }
}

extension Double {
    fileprivate func shown(_ digits: Int) -> String {
        formatted(.number.precision(.fractionLength(digits)).grouping(.never))
    }
}

/// Rows with their columns aligned, numbers to the right.
enum TextTable {
    static func text(_ rows: [[String]]) -> String {
        let widths = rows[0].indices.map { column in rows.map { $0[column].count }.max() ?? 0 }
        return rows.map { row in
            zip(row, widths).map { cell, width in
                let space = String(repeating: " ", count: width - cell.count)
                return Double(cell) == nil ? cell + space : space + cell
            }.joined(separator: "  ").replacing(#/ +$/#, with: "")
        }.joined(separator: "\n")
    }
}
