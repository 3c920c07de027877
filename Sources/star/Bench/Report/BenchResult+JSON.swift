import Documents
import Foundation
import Measuring

extension BenchResult {
    /// The whole run for programs. Times are in microseconds, memory in bytes.
    var document: Document {
        [
            "machine": machine.document,
            "start": .string(start.formatted(.iso8601)),
            "seconds": .number(length / .seconds(1)),
            "rounds": .integer(rounds),
            "turn_ms": .number(turn / .milliseconds(1)),
            "reference": .string(reference),
            "noise": noise.map {
                ["typical": .number($0.typical), "most": .number($0.most), "where": .string($0.where)]
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

    private func subject(_ name: String) -> Document {
        [
            "name": .string(name), "version": versions[name].map { .string($0) },
            "resident_bytes": memory[name].map { .integer($0.resident) },
            "anonymous_bytes": memory[name].map { .integer($0.anonymous) },
        ]
    }

    private func result(_ subject: String, _ load: Load, _ figures: Figures) -> Document {
        let percentiles = [("p50_us", 50), ("p90_us", 90), ("p99_us", 99), ("p99_9_us", 99.9)].compactMap {
            name, value in
            figures.latencies.percentile(value).map { Document.Member(name, .number($0 / .microseconds(1))) }
        }
        let head: Document = [
            "subject": .string(subject), "payload_bytes": .integer(load.payload), "callers": .integer(load.callers),
            "asked_calls_per_second": load.callsPerSecond.map { .number($0) },
            "calls": .integer(figures.latencies.count), "failures": .integer(figures.failures),
        ]
        let tail: Document = [
            "max_us": .number(figures.latencies.longest / .microseconds(1)),
            "calls_per_second": .number(figures.callsPerSecond),
            "cpu_us_per_call": figures.processorTimePerCall.map { .number($0 / .microseconds(1)) },
            "spread": figures.spread.map { .number($0) },
            "p50_ratio": ratio(subject, load, \.median)?.document,
            "calls_per_second_ratio": ratio(subject, load, \.callsPerSecond)?.document,
            "rounds": .array(figures.rounds.map(\.document)),
        ]
        return .object(head.members + percentiles + tail.members)
    }
}

extension Ratio {
    fileprivate var document: Document {
        [
            "value": .number(value), "low": .number(low), "high": high.isFinite ? .number(high) : nil,
            "is_difference": .bool(isDifference),
        ]
    }
}

extension Figures.Round {
    fileprivate var document: Document {
        ["round": .integer(number), "p50_us": .number(median), "calls_per_second": .number(callsPerSecond)]
    }
}
