import Measuring
import Testing

@Suite("Latencies")
struct LatenciesTests {
    private func latencies(_ milliseconds: ClosedRange<Int>) -> Latencies {
        var latencies = Latencies()
        for time in milliseconds { latencies.record(.milliseconds(time)) }
        return latencies
    }

    private func milliseconds(_ time: Duration?) -> Double? {
        time.map { ($0 / .milliseconds(1)).rounded() }
    }

    @Test("give percentiles to three digits")
    func percentiles() {
        let latencies = latencies(1...1000)
        #expect(latencies.count == 1000)
        #expect(milliseconds(latencies.percentile(50)) == 500 || milliseconds(latencies.percentile(50)) == 501)
        #expect(abs((latencies.percentile(99) ?? .zero) / .milliseconds(1) - 990) < 2)
        #expect(abs(latencies.longest / .milliseconds(1) - 1000) < 2)
    }

    @Test("say nothing of a percentile that they have too few calls for")
    func tooFew() {
        #expect(latencies(1...999).percentile(99.9) == nil && latencies(1...1000).percentile(99.9) != nil)
        #expect(latencies(1...99).percentile(99) == nil && latencies(1...100).percentile(99) != nil)
        #expect(latencies(1...1).percentile(50) != nil && Latencies().percentile(50) == nil)
    }

    @Test("add up, and survive the way through pairs of numbers")
    func pairs() {
        var all = latencies(1...100)
        all.add(latencies(200...300))
        let again = Latencies(pairs: all.pairs)
        #expect(again.count == 201 && again.pairs == all.pairs)
        #expect(again.percentile(90) == all.percentile(90))
        #expect(Latencies(pairs: [[0, 5], [7], [1, 2, 3]]).count == 0)
    }

    @Test("are written as HdrHistogram writes them, in microseconds")
    func hgrm() {
        let lines = latencies(1...100).hgrm.split(separator: "\n")
        #expect(lines.first?.split(separator: " ") == ["Value", "Percentile", "TotalCount", "1/(1-Percentile)"])
        #expect(
            lines.dropFirst().first?.split(separator: " ").first.flatMap { Double($0) }.map { $0.rounded() } == 1000)
        #expect(lines.contains { $0.hasPrefix("#[Max") && $0.contains("Total count    =          100") })
    }
}
