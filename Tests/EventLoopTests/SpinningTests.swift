import Testing

@testable import EventLoop

@Suite("Looking for work before a sleep")
struct SpinningTests {
    private var spinning = Spinning(limit: .microseconds(50))

    /// The share of so many sleeps before which it has looked, if work comes in time before this share of them.
    private mutating func share(of sleeps: Int, whenWorkComes isInTime: (Int) -> Bool) -> Double {
        var tries = 0
        for number in 0..<sleeps where spinning.begin() {
            tries += 1
            spinning.end(found: isInTime(number))
        }
        return Double(tries) / Double(sleeps)
    }

    @Test("goes on for as long as work comes in time")
    mutating func hits() {
        #expect(share(of: 10_000) { _ in true } > 0.99)
        #expect(share(of: 10_000) { $0 % 10 != 0 } > 0.9)
    }

    @Test("is given up if work often comes later, but for a try now and then")
    mutating func misses() {
        _ = share(of: 1000) { _ in true }
        #expect(share(of: 10_000) { _ in false } < 0.02)
        #expect(share(of: 10_000) { $0 % 2 == 0 } < 0.1)
        // A miss costs more than a hit earns.
        #expect(share(of: 10_000) { $0 % 4 != 0 } < 0.3)
    }

    @Test("is never begun without a time for it")
    mutating func off() {
        spinning = Spinning(limit: .zero)
        #expect(share(of: 1000) { _ in true } == 0)
    }
}
