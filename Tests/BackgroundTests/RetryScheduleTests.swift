import Background
import Testing

@Suite("When those who are refused may come again")
struct RetryScheduleTests {
    private let start = ContinuousClock.now

    @Test("Each should come an interval after the one before, and the first after the pause")
    func grows() {
        var schedule = RetrySchedule()
        let pauses = (0..<4).map { _ in schedule.next(after: .seconds(1), interval: .seconds(3), at: start) }
        #expect(pauses == [.seconds(1), .seconds(4), .seconds(7), .seconds(10)])
    }

    @Test("Those who come when the others have had their turn start anew")
    func shrinks() {
        var schedule = RetrySchedule()
        for _ in 1...5 { _ = schedule.next(after: .seconds(1), interval: .seconds(3), at: start) }
        #expect(schedule.next(after: .seconds(1), interval: .seconds(3), at: start + .seconds(10)) == .seconds(6))
        #expect(schedule.next(after: .seconds(1), interval: .seconds(3), at: start + .seconds(60)) == .seconds(1))
    }

    @Test("Nobody should come later than in five minutes, unless the first must")
    func bounded() {
        var schedule = RetrySchedule()
        for _ in 1...10_000 { _ = schedule.next(after: .seconds(1), interval: .seconds(3), at: start) }
        #expect(schedule.next(after: .seconds(1), interval: .seconds(3), at: start) == .seconds(300))
        #expect(schedule.next(after: .seconds(600), interval: .seconds(3), at: start) == .seconds(600))
    }
}
