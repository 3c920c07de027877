import Measuring

extension BenchResult {
    /// The whole run as a text for a terminal.
    var text: String {
        (comparison.loads.map(table) + [memoryTable, remarks].compactMap { $0 }).joined(separator: "\n\n")
    }

    private func table(_ load: Load) -> String {
        let head = [
            load.title, "p50 µs", "p90", "p99", "p99.9", "calls/s", "CPU µs", "p50 ratio", "calls/s ratio", "spread",
        ]
        let rows = comparison.subjects.compactMap { subject in
            comparison[subject, load].map { row(subject, load, $0) }
        }
        return TextTable.text([head] + rows)
    }

    private func row(_ subject: String, _ load: Load, _ figures: Figures) -> [String] {
        let name = figures.failures == 0 ? subject : "\(subject) (\(figures.failures) failed)"
        let percentiles = [50, 90, 99, 99.9].map { percentile in
            figures.latencies.percentile(percentile).map { ($0 / .microseconds(1)).shown(1) } ?? "–"
        }
        let rest = [
            figures.callsPerSecond.shown(0),
            figures.processorTimePerCall.map { ($0 / .microseconds(1)).shown(1) } ?? "–",
            verdict(subject, ratio(subject, load, \.median)),
            load.callsPerSecond == nil ? verdict(subject, ratio(subject, load, \.callsPerSecond)) : "–",
            figures.spread.map { "\(($0 * 100).shown(0)) %" } ?? "–",
        ]
        return [name] + percentiles + rest
    }

    private func verdict(_ subject: String, _ ratio: Ratio?) -> String {
        guard subject != reference else { return "1" }
        return ratio?.sentence ?? "–"
    }

    private var memoryTable: String? {
        guard !memory.isEmpty else { return nil }
        let rows = comparison.subjects.compactMap { subject in
            memory[subject].map { [subject, mebibytes($0.resident), mebibytes($0.anonymous)] }
        }
        return TextTable.text([["the server's memory", "resident MiB", "anonymous MiB"]] + rows)
    }

    private func mebibytes(_ bytes: Int) -> String { (Double(bytes) / 1_048_576).shown(1) }

    private var remarks: String {
        var lines = comparison.lost.sorted { $0.key < $1.key }.map { "\($0.key) took no part: \($0.value)." }
        lines.append(
            """
            Ratios are to \(reference): the median of the rounds' ratios, and the interval that holds it with 95 %. “No
            difference” means that the interval holds 1: the noise of this run covers what there may be.
            """)
        if let noise {
            lines.append(
                "The rounds' medians spread by \((noise.typical * 100).shown(0)) % (middle half), at most by "
                    + "\((noise.most * 100).shown(0)) % (\(noise.where)).")
        }
        lines += versions.sorted { $0.key < $1.key }.map { "\($0.key): \($0.value)" }
        return (lines + [machine.sentence]).joined(separator: "\n")
    }
}

extension Ratio {
    /// A sentence on the difference, as far as the run can tell.
    var sentence: String {
        guard high.isFinite else { return "too few rounds" }
        guard isDifference else { return "no difference" }
        return "\(value.shown(2)) (\(low.shown(2))–\(high.shown(2)))"
    }
}
