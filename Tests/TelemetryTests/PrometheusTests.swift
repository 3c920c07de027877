import CoreMetrics
import Telemetry
import Testing

@Suite("Prometheus")
struct PrometheusTests {
    @Test("a counter adds up, by label")
    func counter() {
        let prometheus = Prometheus()
        for _ in 1...3 {
            Counter(label: "calls_total", dimensions: [("status", "200")], factory: prometheus).increment()
        }
        Counter(label: "calls_total", dimensions: [("status", "404")], factory: prometheus).increment()
        #expect(
            prometheus.text() == """
                # TYPE calls_total counter
                calls_total{status="200"} 3
                calls_total{status="404"} 1

                """)
    }

    @Test("a timer is a cumulative histogram in seconds")
    func timer() {
        let prometheus = Prometheus()
        let timer = Timer(label: "call_seconds", dimensions: [], factory: prometheus)
        timer.recordMilliseconds(2)
        timer.recordSeconds(60)
        let text = prometheus.text()
        #expect(text.contains(#"call_seconds_bucket{le="0.001"} 0"#))
        #expect(text.contains(#"call_seconds_bucket{le="0.0025"} 1"#))
        #expect(text.contains(#"call_seconds_bucket{le="30.0"} 1"#))
        #expect(text.contains(#"call_seconds_bucket{le="+Inf"} 2"#))
        #expect(text.contains("call_seconds_sum 60.002"))
        #expect(text.contains("call_seconds_count 2"))
    }

    @Test("a time is counted at its bound and below, and not above, whatever its unit")
    func bounds() {
        let prometheus = Prometheus()
        let timer = Timer(label: "t", dimensions: [], factory: prometheus)
        let recorder = Recorder(label: "r", dimensions: [], aggregate: true, factory: prometheus)
        for nanoseconds: Int64 in [0, 100_000, 100_001, 250_000, 29_999_999_999, 30_000_000_001] {
            timer.recordNanoseconds(nanoseconds)
            recorder.record(Double(nanoseconds) / 1e9)
        }
        let text = prometheus.text()
        for name in ["t", "r"] {
            for (bound, count) in [("0.0001", 2), ("0.00025", 4), ("5.0", 4), ("30.0", 5), ("+Inf", 6)] {
                #expect(text.contains("\(name)_bucket{le=\"\(bound)\"} \(count)"))
            }
        }
    }

    @Test("a gauge shows its last value")
    func gauge() {
        let prometheus = Prometheus()
        let gauge = Gauge(label: "calls in flight", dimensions: [], factory: prometheus)
        gauge.record(7)
        gauge.record(5)
        #expect(prometheus.text().contains("calls_in_flight 5.0"))
    }

    @Test("label values are escaped")
    func escaping() {
        let prometheus = Prometheus()
        Counter(label: "odd", dimensions: [("name", "a\"b\\c\nd")], factory: prometheus).increment()
        #expect(prometheus.text().contains(#"odd{name="a\"b\\c\nd"} 1"#))
    }

    @Test("a line end in a label value ends no line, CR LF neither", arguments: ["\n", "\r\n"])
    func lineEnds(end: String) {
        let prometheus = Prometheus()
        Counter(label: "odd", dimensions: [("name", "a\(end)b")], factory: prometheus).increment()
        #expect(prometheus.text().utf8.count { $0 == UInt8(ascii: "\n") } == 2)
    }

    @Test("a summary is a sum and a count")
    func summary() {
        let prometheus = Prometheus(help: ["part_seconds": "A part."], summaries: ["part_seconds"])
        let timer = Timer(label: "part_seconds", dimensions: [("part", "queue")], factory: prometheus)
        timer.recordMilliseconds(2)
        timer.recordSeconds(60)
        #expect(
            prometheus.text() == """
                # HELP part_seconds A part.
                # TYPE part_seconds summary
                part_seconds_sum{part="queue"} 60.002
                part_seconds_count{part="queue"} 2

                """)
    }
}
