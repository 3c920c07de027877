import Background
package import Foundation
package import JSON
import Measuring

/// A run that is over, and what it takes to read it.
package struct BenchResult {
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

    func ratio(_ subject: String, _ load: Workload, _ figure: KeyPath<Statistics.Round, Double>) -> Ratio? {
        guard subject != reference, let other = comparison[reference, load] else { return nil }
        return comparison[subject, load]?.ratio(to: other, of: figure)
    }

    /// The difference of the rounds, as a part of their median: of all figures the median, and the noisiest with its name.
    var noise: (typical: Double, max: Double, where: String)? {
        let spreads = comparison.loads.flatMap { load in
            comparison.subjects.compactMap { subject in
                comparison[subject, load]?.spread.map { ($0, "\(subject), \(load.title)") }
            }
        }.sorted { $0.0 < $1.0 }
        guard let widest = spreads.last else { return nil }
        return (spreads[spreads.count / 2].0, widest.0, widest.1)
    }
}

extension Workload {
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

extension BenchResult {
    /// The whole run for programs. Times are in microseconds, memory in bytes.
    package var document: JSONValue {
        [
            "machine": machine.document,
            "start": .string(start.formatted(.iso8601)),
            "seconds": .number(length / .seconds(1)),
            "rounds": .integer(rounds),
            "turn_ms": .number(turn / .milliseconds(1)),
            "reference": .string(reference),
            "noise": noise.map {
                ["typical": .number($0.typical), "most": .number($0.max), "where": .string($0.where)]
            },
            "subjects": .array(comparison.subjects.map(subject)),
            "results": .array(
                comparison.loads.flatMap { load in
                    comparison.subjects.compactMap { subject in
                        comparison[subject, load].map { result(subject, load, $0) }
                    }
                }),
            "lost": .array(
                comparison.lost.sorted { $0.key < $1.key }.map {
                    ["subject": .string($0.key), "reason": .string($0.value)]
                }),
        ]
    }

    private func subject(_ name: String) -> JSONValue {
        [
            "name": .string(name), "version": versions[name].map { .string($0) },
            "resident_bytes": memory[name].map { .integer($0.resident) },
            "anonymous_bytes": memory[name].map { .integer($0.anonymous) },
        ]
    }

    private func result(_ subject: String, _ load: Workload, _ figures: Statistics) -> JSONValue {
        let microseconds = { percentile in
            figures.latencies.percentile(percentile).map { JSONValue.number($0 / .microseconds(1)) }
        }
        let head: JSONObject = [
            "subject": .string(subject), "payload_bytes": .integer(load.payload), "callers": .integer(load.callers),
            "asked_calls_per_second": load.callsPerSecond.map { .number($0) },
            "calls": .integer(figures.latencies.count), "failures": .integer(figures.failures),
        ]
        let percentiles: JSONObject = [
            "p50_us": microseconds(50), "p90_us": microseconds(90), "p99_us": microseconds(99),
            "p99_9_us": microseconds(99.9),
        ]
        let tail: JSONObject = [
            "max_us": .number(figures.latencies.longest / .microseconds(1)),
            "calls_per_second": .number(figures.callsPerSecond),
            "cpu_us_per_call": figures.processorTimePerCall.map { .number($0 / .microseconds(1)) },
            "spread": figures.spread.map { .number($0) },
            "p50_ratio": ratio(subject, load, \.median)?.document,
            "calls_per_second_ratio": ratio(subject, load, \.callsPerSecond)?.document,
            "rounds": .array(figures.rounds.map(\.document)),
        ]
        return .object(head.merging(percentiles).merging(tail))
    }
}

extension Ratio {
    fileprivate var document: JSONValue {
        [
            "value": .number(value), "low": .number(low), "high": high.isFinite ? .number(high) : nil,
            "is_difference": .bool(isDifference),
        ]
    }
}

extension Statistics.Round {
    fileprivate var document: JSONValue {
        ["round": .integer(number), "p50_us": .number(median), "calls_per_second": .number(callsPerSecond)]
    }
}

extension BenchResult {
    /// The whole run as a text for a terminal.
    package var text: String {
        (comparison.loads.map(table) + [memoryTable, remarks].compactMap { $0 }).joined(separator: "\n\n")
    }

    private func table(_ load: Workload) -> String {
        let head = [
            load.title, "p50 µs", "p90", "p99", "p99.9", "calls/s", "CPU µs", "p50 ratio", "calls/s ratio", "spread",
        ]
        let rows = comparison.subjects.compactMap { subject in
            comparison[subject, load].map { row(subject, load, $0) }
        }
        return TextTable.text([head] + rows)
    }

    private func row(_ subject: String, _ load: Workload, _ figures: Statistics) -> [String] {
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
                    + "\((noise.max * 100).shown(0)) % (\(noise.where)).")
        }
        lines += versions.sorted { $0.key < $1.key }.map { "\($0.key): \($0.value)" }
        return (lines + [machine.sentence]).joined(separator: "\n")
    }
}

extension Ratio {
    /// A sentence on the difference, as far as the run shows one.
    var sentence: String {
        guard high.isFinite else { return "too few rounds" }
        guard isDifference else { return "no difference" }
        return "\(value.shown(2)) (\(low.shown(2))–\(high.shown(2)))"
    }
}

extension BenchResult {
    /// Writes what HdrHistogram's tools and plotters read: the percentiles of each subject under each load, and one log
    /// with all histograms, in which each is tagged as its file of percentiles is named.
    package func writeHistograms(to folder: URL) throws {
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        var log = HistogramLog(start: start, length: length)
        for load in comparison.loads {
            for subject in comparison.subjects {
                guard let figures = comparison[subject, load] else { continue }
                let name = Self.fileName("\(subject) \(load.title)")
                try Data(figures.latencies.hgrm.utf8).write(to: folder.appendingPathComponent(name + ".hgrm"))
                log.add(figures.latencies, tag: name)
            }
        }
        try Data(log.text.utf8).write(to: folder.appendingPathComponent("bench.hlog"))
    }

    /// Letters and digits of it, joined by single dashes.
    static func fileName(_ title: String) -> String {
        title.lowercased().split { !$0.isASCII || !($0.isLetter || $0.isNumber) }.joined(separator: "-")
    }

    /// Writes the plot, as a PNG if the name says so.
    package func writePlot(to file: URL) async throws {
        let svg = Data(BenchPlot(self).svg.utf8)
        guard file.pathExtension.lowercased() == "png" else { return try svg.write(to: file) }
        try await Rasterizer.write(svg, to: file)
    }
}

/// SVG to PNG, by rsvg-convert.
private enum Rasterizer {
    struct Missing: Error, CustomStringConvertible {
        let description =
            "A PNG takes rsvg-convert (Debian's librsvg2-bin), which is not there or has failed. An SVG does not."
    }

    static func write(_ svg: Data, to file: URL) async throws {
        let source = FileManager.default.temporaryDirectory.appendingPathComponent("star-\(UUID().uuidString).svg")
        try svg.write(to: source)
        defer { try? FileManager.default.removeItem(at: source) }
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = ["rsvg-convert", "--zoom=2", "--output", file.path, source.path]
        try process.run()
        await Blocking.run { process.waitUntilExit() }
        guard process.terminationStatus == 0 else { throw Missing() }
    }
}

/// Rows with their columns aligned, numbers to the right.
package enum TextTable {
    package static func text(_ rows: [[String]]) -> String {
        let widths = rows[0].indices.map { column in rows.map { $0[column].count }.max() ?? 0 }
        return rows.map { row in
            zip(row, widths).map { cell, width in
                let space = String(repeating: " ", count: width - cell.count)
                return Double(cell) == nil ? cell + space : space + cell
            }.joined(separator: "  ").replacing(#/ +$/#, with: "")
        }.joined(separator: "\n")
    }
}
