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
}
