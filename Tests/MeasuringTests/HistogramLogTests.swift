import Foundation
import Measuring
import Testing

@Suite("A log of histograms")
struct HistogramLogTests {
    @Test("says when it began, and has a line for each histogram")
    func text() throws {
        var latencies = Latencies()
        latencies.record(.microseconds(1500))
        var log = HistogramLog(start: Date(timeIntervalSince1970: 1_800_000_000), length: .milliseconds(2500))
        log.add(latencies, tag: "ipc-small")
        let lines = log.text.split(separator: "\n")
        #expect(
            lines.prefix(3) == [
                "#[Histogram log format version 1.3]",
                "#[StartTime: 1800000000.000 (seconds since epoch), 2027-01-15T08:00:00Z]",
                #""StartTimestamp","Interval_Length","Interval_Max","Interval_Compressed_Histogram""#,
            ])
        #expect(lines.count == 4 && lines[3].hasPrefix("Tag=ipc-small,0.000,2.500,1.5"))
    }

    /// The text that PyPI's hdrhistogram 0.10.8 writes for the same values.
    @Test("has the counts that another implementation writes")
    func counts() throws {
        var latencies = Latencies()
        let values = [
            (1, 1), (3, 2), (2047, 5), (2048, 1), (123_456, 300), (5_000_000, 1), (1_234_567_890, 2),
        ]
        for (nanoseconds, count) in values { latencies.record(.nanoseconds(nanoseconds), count: count) }
        let histogram = try histogram(of: latencies)
        #expect(hex(histogram.prefix(4)) == "1c849314")
        #expect(Int(histogram[4...7].reduce(0) { $0 << 8 | UInt32($1) }) == histogram.count - 8)
        // Two bytes of zlib, five of its block, and four of its checksum are around what is compressed there.
        let inner = histogram.dropFirst(8 + 7).dropLast(4)
        #expect(hex(inner.prefix(16)) == "1c849313" + "00000012" + "00000000" + "00000003")
        #expect(hex(inner.dropFirst(40)) == "01020104f51f0a028f5ed804f35402a77f04")
    }

    private func histogram(of latencies: Latencies) throws -> [UInt8] {
        var log = HistogramLog(start: .now, length: .seconds(1))
        log.add(latencies, tag: "x")
        let text = try #require(log.text.split(whereSeparator: { $0 == "," || $0 == "\n" }).last)
        return Array(try #require(Data(base64Encoded: String(text))))
    }

    private func hex(_ bytes: some Sequence<UInt8>) -> String {
        bytes.map { String(format: "%02x", $0) }.joined()
    }
}
