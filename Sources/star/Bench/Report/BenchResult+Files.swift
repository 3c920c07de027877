import Foundation
import Measuring

extension BenchResult {
    /// Writes what HdrHistogram's tools and plotters read: the percentiles of each subject under each load, and one log
    /// with all histograms, in which each is tagged as its file of percentiles is named.
    func writeHistograms(to folder: URL) throws {
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

    /// Writes the plot, as a PNG where the name says so.
    func writePlot(to file: URL) async throws {
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
