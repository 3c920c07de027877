import CoreMetrics
import Foundation
import InMemoryLogging
import Logging
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

    @Test("a time is counted at its bound and below, and not above")
    func bounds() {
        let prometheus = Prometheus()
        let timer = Timer(label: "t", dimensions: [], factory: prometheus)
        for nanoseconds: Int64 in [0, 100_000, 100_001, 250_000, 29_999_999_999, 30_000_000_001] {
            timer.recordNanoseconds(nanoseconds)
        }
        let text = prometheus.text()
        for (bound, count) in [("0.0001", 2), ("0.00025", 4), ("5.0", 4), ("30.0", 5), ("+Inf", 6)] {
            #expect(text.contains("t_bucket{le=\"\(bound)\"} \(count)"))
        }
    }

    @Test("a recorder is a histogram for any magnitude")
    func recorder() {
        let prometheus = Prometheus()
        let recorder = Recorder(label: "r", dimensions: [], aggregate: true, factory: prometheus)
        for value in [0.01, 2.5, 2.6, 300, 70_000, 2e9] { recorder.record(value) }
        let text = prometheus.text()
        let buckets = [("0.01", 1), ("2.5", 2), ("5.0", 3), ("500.0", 4), ("100000.0", 5), ("+Inf", 6)]
        for (bound, count) in buckets { #expect(text.contains("r_bucket{le=\"\(bound)\"} \(count)")) }
    }

    @Test("a counter of fractions adds up, whoever holds it, and never falls")
    func fractions() {
        let prometheus = Prometheus()
        for amount in [0.25, 0.25, -7, .nan, .infinity, 0.75] {
            FloatingPointCounter(label: "watts", factory: prometheus).increment(by: amount)
        }
        #expect(prometheus.text().contains("watts 1.25\n"))
        Counter(label: "watts", factory: prometheus).increment(by: 2)
        #expect(prometheus.text().contains("watts 3.25\n"))
        FloatingPointCounter(label: "watts", factory: prometheus).destroy()
        #expect(!prometheus.text().contains("watts"))
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

    @Test(
        "names that Prometheus does not have become ones that it has, for it drops all for one line that it cannot read"
    )
    func names() {
        let prometheus = Prometheus(help: ["orders.taken": "One\nand \\ another."])
        Counter(label: "orders.taken", dimensions: [("http.method", "GET"), ("1st", "a")], factory: prometheus)
            .increment()
        Counter(label: "5xx", dimensions: [("größe", "b"), ("", "c"), ("__name__", "d")], factory: prometheus)
            .increment()
        Recorder(label: "sizes", dimensions: [("le", "3"), ("a", "1"), ("a", "2")], factory: prometheus).record(1)
        let text = prometheus.text()
        #expect(text.contains(#"# HELP orders_taken One\nand \\ another."#))
        #expect(text.contains(#"orders_taken{_1st="a",http_method="GET"} 1"#))
        #expect(text.contains(#"_5xx{_="c",exported___name__="d",gr__e="b"} 1"#))
        #expect(text.contains(#"sizes_count{a="2",exported_le="3"} 1"#))
    }

    @Test("labels in another order are the same ones")
    func order() {
        let prometheus = Prometheus()
        Counter(label: "cups", dimensions: [("a", "1"), ("b", "2")], factory: prometheus).increment()
        Counter(label: "cups", dimensions: [("b", "2"), ("a", "1")], factory: prometheus).increment()
        #expect(prometheus.text().contains("cups{a=\"1\",b=\"2\"} 2\n"))
    }

    @Test("a number that is none, or not finite, is written as Prometheus has it")
    func odd() {
        let prometheus = Prometheus()
        for (name, value) in [("nan", Double.nan), ("up", .infinity), ("down", -.infinity)] {
            Gauge(label: name, factory: prometheus).record(value)
        }
        let text = prometheus.text()
        for line in ["nan NaN", "up +Inf", "down -Inf"] { #expect(text.contains(line + "\n")) }
    }

    @Test("a metric that is destroyed is gone, and another of its name begins anew")
    func destroyed() {
        let prometheus = Prometheus()
        let counter = Counter(label: "cups", factory: prometheus)
        counter.increment()
        Gauge(label: "water", factory: prometheus).record(1)
        counter.destroy()
        #expect(!prometheus.text().contains("cups") && prometheus.text().contains("water"))
        Counter(label: "cups", factory: prometheus).increment()
        #expect(prometheus.text().contains("cups 1\n"))
    }

    @Test(
        "of two metrics that want the same lines the first is shown",
        arguments: [
            ("cups", "cups"), ("cups_total", "cups"), ("cups", "cups_total"), ("cups_count", "cups"),
            ("cups_bucket", "cups"),
        ])
    func conflicts(counter: String, timer: String) {
        func text(_ makeFirst: (Prometheus) -> Void, _ makeSecond: (Prometheus) -> Void) -> [String] {
            let prometheus = Prometheus()
            makeFirst(prometheus)
            let first = [prometheus.text(), prometheus.text(.openMetrics)]
            makeSecond(prometheus)
            #expect([prometheus.text(), prometheus.text(.openMetrics)] == first)
            return first
        }
        let makeCounter = { (prometheus: Prometheus) in
            Counter(label: counter, dimensions: [("at", "home")], factory: prometheus).increment()
        }
        let makeTimer = { (prometheus: Prometheus) in
            Timer(label: timer, dimensions: [("at", "work")], factory: prometheus).recordSeconds(1)
        }
        #expect(text(makeCounter, makeTimer) != text(makeTimer, makeCounter))
    }

    @Test("a metric that is not shown is in the log, once")
    func conflictLog() {
        let log = InMemoryLogHandler()
        let prometheus = Prometheus(logger: Logger(label: "test") { _ in log })
        Counter(label: "cups", factory: prometheus).increment()
        for place in ["home", "work"] {
            Timer(label: "cups", dimensions: [("at", place)], factory: prometheus).recordSeconds(1)
        }
        #expect(log.entries.map(\.level) == [.error])
        #expect(
            log.entries.first?.metadata == [
                "metric": "cups", "type": "histogram", "other": "cups", "other_type": "counter",
            ])
    }

    @Test("a metric has the place of one that is destroyed, whatever its type")
    func freedPlace() {
        let prometheus = Prometheus()
        let counter = Counter(label: "cups_total", factory: prometheus)
        let other = Counter(label: "cups_total", dimensions: [("at", "home")], factory: prometheus)
        counter.destroy()
        Gauge(label: "cups", factory: prometheus).record(1)
        #expect(!prometheus.text().contains("\ncups 1.0\n"))
        other.destroy()
        Gauge(label: "cups", factory: prometheus).record(2)
        #expect(prometheus.text() == "# TYPE cups gauge\ncups 2.0\n")
    }

    @Test("one metric has one value for the same labels, and takes no other's place")
    func places() {
        let prometheus = Prometheus()
        prometheus.observe("cups_total", .counter) { 7 }
        Counter(label: "cups_total", factory: prometheus).increment()
        Gauge(label: "water", factory: prometheus).record(1)
        prometheus.observe("water", .gauge) { 2 }
        prometheus.observe("cups_total", .counter) { 8 }
        let text = prometheus.text()
        #expect(text.contains("\ncups_total 8\n") && text.contains("\nwater 1.0\n"), "\(text)")
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

@Suite("Prometheus, asked for OpenMetrics,")
struct OpenMetricsTests {
    @Test("names a counter's family without _total, its sample with it, and ends with EOF")
    func counters() {
        let prometheus = Prometheus(help: ["calls_total": "Calls."])
        Counter(label: "calls_total", factory: prometheus).increment()
        Counter(label: "cups", factory: prometheus).increment()
        prometheus.observe("tea_total", .counter) { 1.5 }
        prometheus.observe("water", .gauge, dimensions: [("at", "home")]) { 7 }
        #expect(
            prometheus.text(.openMetrics) == """
                # HELP calls Calls.
                # TYPE calls counter
                calls_total 1
                # TYPE cups counter
                cups_total 1
                # TYPE tea counter
                tea_total 1.5
                # TYPE water gauge
                water{at="home"} 7
                # EOF

                """)
        #expect(prometheus.text().contains("# TYPE tea_total counter\ntea_total 1.5\n"))
    }

    @Test("shows the trace of a call in the bucket that has counted it, a new one each second")
    func exemplars() throws {
        let prometheus = Prometheus()
        let handler = prometheus.makeTimer(label: "call_seconds", dimensions: [])
        let timer = try #require(handler as? PrometheusHistogram)
        let start = ContinuousClock.now
        timer.recordNanoseconds(2_000_000, at: start, traceID: "a1")
        timer.recordNanoseconds(2_100_000, at: start + .seconds(0.9), traceID: "a2")
        timer.recordNanoseconds(60_000_000_000, at: start, traceID: "b1")
        timer.recordNanoseconds(50_000)
        let text = prometheus.text(.openMetrics)
        #expect(text.contains("call_seconds_bucket{le=\"0.0001\"} 1\n"))
        #expect(text.contains("call_seconds_bucket{le=\"0.0025\"} 3 # {trace_id=\"a1\"} 0.002\n"))
        #expect(text.contains("call_seconds_bucket{le=\"+Inf\"} 4 # {trace_id=\"b1\"} 60.0\n"))
        #expect(!prometheus.text().contains("trace_id"))
        timer.recordNanoseconds(2_100_000, at: start + .seconds(1.1), traceID: "a3")
        #expect(prometheus.text(.openMetrics).contains("le=\"0.0025\"} 4 # {trace_id=\"a3\"} 0.0021\n"))
    }

    @Test("has what Prometheus' own libraries say of a process")
    func process() throws {
        let prometheus = Prometheus(help: Prometheus.processHelp)
        prometheus.observeProcess()
        let text = prometheus.text()
        func value(_ name: String) throws -> Double {
            let line = try #require(text.split(separator: "\n").first { $0.hasPrefix(name + " ") })
            return try #require(Double(line.dropFirst(name.count + 1)))
        }
        #expect(try value("process_resident_memory_bytes") > 1_000_000)
        #expect(try value("process_virtual_memory_bytes") > value("process_resident_memory_bytes"))
        #expect(try value("process_cpu_seconds_total") > 0)
        #expect(try (3...value("process_max_fds")).contains(value("process_open_fds")))
        #expect(try value("process_threads") >= 1)
        let now = Date().timeIntervalSince1970
        #expect(try (now - 86_400...now + 2).contains(value("process_start_time_seconds")))
    }
}
