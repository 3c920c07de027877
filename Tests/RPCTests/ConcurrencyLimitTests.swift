import Testing

@testable import RPC

@Suite("The limit of the calls in flight")
struct ConcurrencyLimitTests {
    private var limit = ConcurrencyLimit()
    private var now = ContinuousClock.now

    /// Lets so many calls begin together and end within one window.
    private mutating func run(_ calls: Int, late: Int = 0) -> Int {
        let begun = (0..<calls).filter { _ in enter(after: .zero) }.count
        now += ConcurrencyLimit.window * 2
        for number in 0..<begun { limit.leave(isLate: number < late, at: now) }
        return begun
    }

    /// Asks for one call that has waited so long of 100 ms.
    private mutating func enter(after wait: Duration) -> Bool {
        limit.enter(after: wait, remaining: .milliseconds(100) - wait, at: now)
    }

    @Test("refuses calls with less than half of their time once that lasts, until calls wait for less than a quarter")
    mutating func congestion() {
        let (short, middle, long) = (Duration.milliseconds(20), Duration.milliseconds(40), Duration.milliseconds(60))
        #expect(enter(after: long))
        #expect(enter(after: long))
        now += ConcurrencyLimit.window
        #expect(!enter(after: long))
        #expect(enter(after: middle))
        #expect(!enter(after: long))
        #expect(enter(after: short))
        #expect(enter(after: long))
        now += ConcurrencyLimit.window
        #expect(!enter(after: long))
    }

    @Test("is none as long as calls end in time")
    mutating func inTime() {
        #expect(run(100_000) == 100_000)
        #expect(run(100_000, late: 4000) == 100_000)
    }

    @Test("falls below the calls in flight while too many end too late, and no further than a few")
    mutating func late() {
        #expect(run(1000, late: 1000) == 1000)
        #expect(run(1000, late: 1000) == 900)
        for _ in 1...100 { _ = run(1000, late: 1000) }
        #expect(run(1000) == ConcurrencyLimit.smallest)
    }

    @Test("grows again when it is reached and calls end in time, and not by itself")
    mutating func growth() {
        for _ in 1...100 { _ = run(1000, late: 1000) }
        for _ in 1...100 { _ = run(10) }
        #expect(limit.limit == ConcurrencyLimit.smallest)
        for _ in 1...100 { _ = run(1000) }
        #expect(run(1000) == 1000)
    }

    @Test("does not fall when a few calls at a time end late: their number is not why")
    mutating func few() {
        for _ in 1...100 { _ = run(ConcurrencyLimit.smallest, late: 3) }
        for _ in 1...100 { _ = run(3, late: 3) }
        #expect(run(1000) == 1000)
    }

    @Test("is forgotten after a rest")
    mutating func rest() {
        for _ in 1...100 { _ = run(1000, late: 1000) }
        now += ConcurrencyLimit.rest * 2
        #expect(run(1000) == 1000)
    }
}
