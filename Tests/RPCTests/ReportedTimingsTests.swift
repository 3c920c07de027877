import RPC
import Testing

@Suite("A timing's header")
struct ReportedTimingsTests {
    private func parts(_ header: String) -> [String: Duration] {
        let timing = ReportedTimings()
        timing.record(header: header)
        return Dictionary(timing.parts.map { ($0.name, $0.time) }) { first, _ in first }
    }

    @Test("comes back as it was, to the nanosecond")
    func roundTrip() throws {
        let header = "queue;dur=0.000001, handler;dur=12.345678, encode;dur=60000.000000"
        #expect(
            parts(header) == [
                "queue": .nanoseconds(1), "handler": .nanoseconds(12_345_678), "encode": .seconds(60),
            ])
        let timing = ReportedTimings()
        timing.record(header: header)
        #expect(timing.header == header)
        #expect(ReportedTimings().header == nil)
    }

    @Test("may have other forms of the same, and more than is known")
    func forms() {
        #expect(
            parts("db ; desc=\"x\" ;dur=5,cache;dur=0.5, miss") == [
                "db": .milliseconds(5), "cache": .microseconds(500),
            ])
        #expect(parts("fine;dur=0.12345678") == ["fine": .nanoseconds(123_456)])
    }

    @Test(
        "is passed over where it is not of its form",
        arguments: [
            "", ",", ";", "a", "a;dur=", "a;dur=-1", "a;dur=1e3", "a;dur=1.2.3", "a;dur=.5", "a;dur=60000.000001",
            "a;dur=99999999999999999999", ";dur=1", " ;dur=1", "a;duration=1",
        ])
    func refused(header: String) {
        #expect(parts(header).isEmpty)
    }
}
