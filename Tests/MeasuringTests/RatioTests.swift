import Testing

@testable import Measuring

@Suite("A ratio")
struct RatioTests {
    @Test("is the median of the rounds, with the interval that holds it")
    func interval() throws {
        let ratio = try #require(Ratio(rounds: [1.9, 2, 2.1, 2, 1.8, 2.2, 2, 9, 2]))
        #expect(ratio.value == 2 && ratio.low == 1.9 && ratio.high == 2.2 && ratio.isDifference)
    }

    @Test("is no difference where the interval holds 1")
    func noDifference() throws {
        let ratio = try #require(Ratio(rounds: [0.9, 0.95, 1.1, 1.2, 1.05, 0.99, 1.3, 1.2, 0.97]))
        #expect(ratio.value == 1.05 && !ratio.isDifference)
    }

    @Test("is never a difference with fewer than six rounds, however large it looks")
    func tooFewRounds() throws {
        let ratio = try #require(Ratio(rounds: [3, 3, 3, 3, 3]))
        #expect(ratio.value == 3 && ratio.low == 0 && ratio.high == .infinity && !ratio.isDifference)
        #expect(try #require(Ratio(rounds: [3, 3, 3, 3, 3, 3])).isDifference)
        #expect(Ratio(rounds: []) == nil)
    }

    @Test(
        "leaves out as many of the least and of the greatest as the sign test's tables say",
        arguments: [(5, nil), (6, 0), (8, 0), (9, 1), (10, 1), (12, 2), (20, 5), (30, 9)])
    func ranks(count: Int, rank: Int?) {
        #expect(Ratio.rank(of: count) == rank)
    }

    @Test("of two that are alike is called a difference in at most one run of twenty", arguments: [8, 9, 12])
    func alike(rounds: Int) {
        var random = Linear(state: 42)
        let runs = 4000
        let called = (0..<runs).count { _ in
            // Noise that is lopsided, as that of machines is.
            let ratios = (0..<rounds).map { _ in random.pause() / random.pause() }
            return Ratio(rounds: ratios)?.isDifference ?? true
        }
        #expect(Double(called) / Double(runs) < 0.055)
    }

    /// The same numbers in each run of the tests (Knuth's MMIX).
    private struct Linear {
        var state: UInt64

        mutating func pause() -> Double {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            let uniform = Double(state >> 11) / Double(1 << 53)
            return uniform < 0.9 ? 1 + uniform : 10 * uniform
        }
    }
}
