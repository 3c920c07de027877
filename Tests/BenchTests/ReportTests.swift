import Foundation
import JSON
import Measuring
import Testing

@testable import StarBench

@Suite("A bench's report")
struct ReportTests {
    @Test("has a table for each load, with ratios and their intervals")
    func table() async throws {
        let text = try await Samples.result().text
        let lines = text.split(separator: "\n")
        #expect(lines.contains { $0.hasPrefix("small, 1 caller, back to back") && $0.contains("p99.9") })
        #expect(lines.contains { $0.hasPrefix("small, 64 callers, back to back") })
        #expect(lines.contains { $0.hasPrefix("small, 1 caller, 500 calls/s") })
        #expect(lines.contains { $0.hasPrefix("wire") && $0.contains("1.88 (1.88–1.88)") })
        #expect(text.contains("resident MiB") && text.contains("wire: 1.2.3"))
    }

    @Test("says no difference of two that are alike, and claims nothing after few rounds")
    func verdicts() async throws {
        let text = try await Samples.result().text
        #expect(text.split(separator: "\n").contains { $0.hasPrefix("twin") && $0.contains("no difference") })
        let short = try await Samples.result(rounds: 3).text
        #expect(short.contains("too few rounds") && !short.contains("1.88"))
    }

    @Test("says where it was taken, and how noisy it was")
    func machine() async throws {
        let result = try await Samples.result()
        #expect(result.text.contains(result.machine.system) && result.text.contains("libzmq 4."))
        #expect(result.text.contains("medians spread by 0 %"))
        #expect(result.machine.cores > 0 && !result.machine.processor.isEmpty)
    }

    @Test("is written as JSON with every figure")
    func json() async throws {
        let document = try await Samples.result().document
        #expect(document["reference"]?.string == "<floor> & \"more\"")
        let results = try #require(document["results"]?.elements)
        #expect(results.count == 9)
        let wire = try #require(results.first { $0["subject"]?.string == "wire" && $0["callers"] == 64 })
        #expect(wire["calls"] == 18_000 && wire["payload_bytes"] == 0 && wire["failures"] == 0)
        #expect(wire["rounds"]?.elements.count == 9 && wire["p50_ratio"]?["is_difference"] == true)
        #expect(wire["asked_calls_per_second"] == nil && results.last?["asked_calls_per_second"] == .number(500))
        #expect(try JSONSerialization.jsonObject(with: document.json()) is [String: Any])
    }

    @Test("is aligned in columns, numbers to the right, without spaces at the ends of lines")
    func table() {
        let rows = [["wire", "calls/s", "note"], ["ipc", "10", "cold"], ["inproc", "9.5", ""]]
        #expect(TextTable.text(rows) == "wire    calls/s  note\nipc          10  cold\ninproc      9.5")
        #expect(TextTable.text([["a"]]) == "a")
    }

    @Test("is written as a file of percentiles for each subject under each load")
    func histograms() async throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: "bench-\(UUID().uuidString)")
        defer { try? FileManager.default.removeItem(at: folder) }
        try await Samples.result().writeHistograms(to: folder)
        let files = try FileManager.default.contentsOfDirectory(atPath: folder.path)
        #expect(files.count == 10 && files.contains("wire-small-64-callers-back-to-back.hgrm"))
        #expect(files.contains("floor-more-small-1-caller-500-calls-s.hgrm"))
        let log = try String(contentsOf: folder.appending(path: "bench.hlog"), encoding: .utf8)
        #expect(log.hasPrefix("#[Histogram log format version 1.3]\n#[StartTime: 1800000000.000 "))
        #expect(log.split(separator: "\n").count { $0.hasPrefix("Tag=") } == 9)
    }

    @Test("shows while it runs what is done and what is left")
    func progress() async throws {
        var turns = Benchmark(loads: [Workload()], rounds: 3, trial: .seconds(1)).trials(of: [
            Samples.Steady(name: "wire", microseconds: 1)
        ])
        let first = try #require(await turns.next())
        let line = ProgressBar.line(first, elapsed: .seconds(1))
        #expect(line == "██████░░░░░░░░░░░░░░░░░░ 25 %, 3 s left: warming up, wire, small, 1 caller, back to back")
        let second = try #require(await turns.next())
        #expect(ProgressBar.line(second, elapsed: .seconds(2)).contains("50 %, 2 s left: round 1"))
    }
}
