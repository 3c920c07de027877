import Foundation
import Testing

#if canImport(FoundationXML)
    import FoundationXML
#endif

@testable import StarBench

@Suite("A plot")
struct PlotTests {
    @Test("is well-formed, and holds a line for each subject in each of its charts")
    func lines() async throws {
        let svg = BenchPlot(try await Samples.result()).svg
        let reader = Reader()
        let parser = XMLParser(data: Data(svg.utf8))
        parser.delegate = reader
        #expect(parser.parse(), "\(String(describing: parser.parserError))")
        #expect(reader.counts["svg"] == 1 && reader.counts["polyline"] == 9 && reader.counts["g"] == 3)
        for text in [
            "Latency: small, 1 caller, back to back", "Throughput: small, back to back", "round trip, µs",
            "percentile of calls, %", "calls a second", "callers at a time", "<floor> & \"more\"", "twin",
        ] {
            #expect(reader.texts.contains(text), "\(text)")
        }
    }

    @Test("has colours for light and for dark ground, and no two lines look the same")
    func styles() {
        let sheet = LineStyle.sheet
        #expect(sheet.contains("@media (prefers-color-scheme: dark)"))
        let styles = (0..<LineStyle.count).map { number in
            sheet.matches(of: /\.s(\d+) \{ stroke(-dasharray)?: ([^;]+);/).filter { $0.1 == "\(number)" }.map { $0.3 }
        }
        #expect(Set(styles).count == LineStyle.count && LineStyle.count >= 16)
        #expect(styles.allSatisfy { $0.count >= 2 })
    }

    @Test("draws nothing outside of its axes")
    func bounds() {
        let axis = Axis.magnitudes("µs", [12, 700])
        #expect(axis.range == 10...1000 && axis.ticks.map(\.text) == ["10", "20", "50", "100", "200", "500", "1000"])
        #expect(axis.position(10) == 0 && axis.position(1000) == 1 && abs(axis.position(100) - 0.5) < 1e-9)
        #expect(Axis.magnitudes("µs", []).range == 1...10 && Axis.magnitudes("µs", [10]).range.upperBound > 10)
        #expect(
            Axis.magnitudes("µs", [1, 2e6]).ticks.map(\.text) == [
                "1", "10", "100", "1000", "10 k", "100 k", "1 M", "10 M",
            ])
    }

    @Test("gives each nine the same length, and shows no more of them than there are calls")
    func nines() {
        let axis = Axis.percentiles(calls: 1000)
        #expect(axis.ticks.map(\.text) == ["0", "50", "90", "99", "99.9"])
        #expect(abs(axis.position(90) - 1 / 3) < 1e-9 && abs(axis.position(99) - 2 / 3) < 1e-9)
        #expect(Axis.percentiles(calls: 5).range.upperBound == 90)
        let callers = Axis.values("callers", [64, 1, 8])
        #expect(callers.ticks.map(\.text) == ["1", "8", "64"] && abs(callers.position(8) - 0.5) < 1e-9)
    }

    @Test("escapes what text and attributes may hold")
    func escaping() {
        let element = SVG("text", ["x": 1.0, "y": 2.345, "id": "a\"b<"], text: "R&D <1>", [SVG("tspan")])
        #expect(
            element.document == """
                <text x="1" y="2.34" id="a&quot;b&lt;">R&amp;D &lt;1&gt;
                 <tspan/>
                </text>

                """)
    }

    private final class Reader: NSObject, XMLParserDelegate {
        var counts: [String: Int] = [:]
        var texts: Set<String> = []
        private var text = ""

        func parser(
            _ parser: XMLParser, didStartElement name: String, namespaceURI: String?, qualifiedName: String?,
            attributes: [String: String] = [:]
        ) {
            counts[name, default: 0] += 1
            text = ""
        }

        func parser(_ parser: XMLParser, foundCharacters string: String) { text += string }

        func parser(_ parser: XMLParser, didEndElement name: String, namespaceURI: String?, qualifiedName: String?) {
            texts.insert(text)
        }
    }
}
