import Foundation
import Measuring

/// The plot of a run: for each size of payload the latency by percentile, back to back and paced, with the fewest callers,
/// and the throughput by callers.
struct BenchPlot {
    private static let margin = 12.0
    private static let (legendColumn, legendRow) = (300.0, 20.0)

    private let result: BenchResult

    init(_ result: BenchResult) {
        self.result = result
    }

    private var comparison: Comparison { result.comparison }

    var svg: String {
        let rows = rows
        let width = Self.margin * 2 + Chart.width * Double(rows.map(\.count).max() ?? 0)
        let legendTop = Self.margin + Chart.height * Double(rows.count) + 8
        let legendHeight =
            Double((comparison.subjects.count + legendColumns(width) - 1) / legendColumns(width)) * Self.legendRow
        let height = legendTop + legendHeight + 40
        let drawn = rows.enumerated().flatMap { row, charts in
            charts.enumerated().map { column, chart in
                chart.svg(
                    at: (Self.margin + Chart.width * Double(column), Self.margin + Chart.height * Double(row)))
            }
        }
        return SVG(
            "svg",
            [
                "xmlns": "http://www.w3.org/2000/svg", "viewBox": "0 0 \(width.svg) \(height.svg)", "width": width,
                "height": height, "role": "img",
            ],
            [
                SVG("title", text: "Latency and throughput"), SVG("style", text: LineStyle.sheet),
                SVG("rect", ["class": "ground", "width": width, "height": height]),
            ] + drawn + legend(top: legendTop, width: width) + [
                SVG("text", ["class": "note", "x": Self.margin + 8, "y": height - 12], text: result.machine.sentence)
            ]
        ).document
    }

    private func style(_ subject: String) -> LineStyle {
        LineStyle(number: comparison.subjects.firstIndex(of: subject) ?? 0)
    }
}

extension BenchPlot {
    /// A row for each size of payload; two if there is one size.
    private var rows: [[Chart]] {
        let sizes = charts
        guard sizes.count == 1, let charts = sizes.first else { return sizes }
        return [Array(charts.prefix(2)), Array(charts.dropFirst(2))].filter { !$0.isEmpty }
    }

    /// Of each size.
    private var charts: [[Chart]] {
        comparison.loads.map(\.payload).unique.map { payload in
            let loads = comparison.loads.filter { $0.payload == payload }
            let paces = loads.map(\.callsPerSecond).unique
            let fewest = paces.compactMap { pace in
                loads.filter { $0.callsPerSecond == pace }.min { $0.callers < $1.callers }
            }
            return fewest.map(latency) + [throughput(loads.filter { $0.callsPerSecond == nil })].compactMap { $0 }
        }
    }

    private func latency(_ load: Workload) -> Chart {
        let subjects = comparison.subjects.filter { comparison[$0, load] != nil }
        let calls = subjects.compactMap { comparison[$0, load]?.latencies.count }.max() ?? 0
        let x = Axis.percentiles(calls: calls)
        let lines = subjects.map { subject in
            Chart.DataLine(
                name: subject, style: style(subject),
                points: (comparison[subject, load]?.latencies).map { curve($0, to: x.range.upperBound) } ?? [],
                hasMarks: false)
        }
        return Chart(
            title: "Latency: \(load.title)", x: x,
            y: .magnitudes("round trip, µs", lines.flatMap { $0.points.map(\.y) }), lines: lines)
    }

    /// As many points as the calls can show.
    private func curve(_ latencies: Latencies, to end: Double) -> [(x: Double, y: Double)] {
        let nines = stride(from: 0.0, through: 5, by: 0.05).map { 100 * (1 - pow(10, -$0)) }
        return nines.filter { $0 <= end + 1e-9 }.compactMap { percentile in
            latencies.percentile(percentile).map { (percentile, $0 / .microseconds(1)) }
        }
    }

    private func throughput(_ loads: [Workload]) -> Chart? {
        guard let first = loads.first, loads.count > 1 else { return nil }
        let lines = comparison.subjects.map { subject in
            let points = loads.compactMap { load in
                comparison[subject, load].map { (x: Double(load.callers), y: $0.callsPerSecond) }
            }
            return Chart.DataLine(name: subject, style: style(subject), points: points, hasMarks: true)
        }
        return Chart(
            title: "Throughput: \(first.size), back to back",
            x: .values("callers at a time", loads.map(\.callers)),
            y: .magnitudes("calls a second", lines.flatMap { $0.points.map(\.y) }), lines: lines)
    }
}

extension BenchPlot {
    private func legendColumns(_ width: Double) -> Int { max(Int(width / Self.legendColumn), 1) }

    private func legend(top: Double, width: Double) -> [SVG] {
        let columns = legendColumns(width)
        return comparison.subjects.enumerated().flatMap { index, subject in
            let x = Self.margin + 8 + Double(index % columns) * Self.legendColumn
            let y = top + Double(index / columns) * Self.legendRow + 10
            return [
                SVG("line", ["class": "line \(style(subject).name)", "x1": x, "x2": x + 34, "y1": y, "y2": y]),
                SVG("text", ["x": x + 42, "y": y + 4], text: subject),
            ]
        }
    }
}

extension Sequence where Element: Equatable {
    /// Each once, in the order in which they came.
    fileprivate var unique: [Element] {
        reduce(into: []) { if !$0.contains($1) { $0.append($1) } }
    }
}
