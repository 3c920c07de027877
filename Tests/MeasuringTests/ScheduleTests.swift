import Measuring
import Testing

@Suite("A schedule")
struct ScheduleTests {
    private let start = ContinuousClock.now
    private let second = Duration.seconds(1)

    private func at(_ milliseconds: Int) -> ContinuousClock.Instant { start + .milliseconds(milliseconds) }

    @Test("calls again at once, until the time is over, where calls are back to back")
    func backToBack() {
        var schedule = Schedule(Workload(), from: start, for: second)
        #expect(schedule.action(at: at(0), wasBusy: false) == .call(at(0)))
        #expect(schedule.action(at: at(999), wasBusy: true) == .call(at(999)))
        #expect(schedule.action(at: at(1000), wasBusy: true) == .end && schedule.unsent == 0)
    }

    @Test("makes calls due at a fixed rate, and spreads the callers between them")
    func rate() {
        let load = Workload(callers: 4, callsPerSecond: 40)
        var first = Schedule(load, caller: 0, from: start, for: second)
        #expect(first.action(at: at(0), wasBusy: false) == .call(at(0)))
        #expect(first.action(at: at(1), wasBusy: true) == .wait(until: at(100)))
        var last = Schedule(load, caller: 3, from: start, for: second)
        #expect(last.action(at: at(0), wasBusy: false) == .wait(until: at(75)))
    }

    @Test("times every call that a pause has delayed from when it was due")
    func pause() {
        var schedule = Schedule(Workload(callsPerSecond: 100), from: start, for: second)
        #expect(schedule.action(at: at(0), wasBusy: false) == .call(at(0)))
        // The first call took 35 ms.
        let delayed = (0..<3).map { _ in schedule.action(at: at(35), wasBusy: true) }
        #expect(delayed == [.call(at(10)), .call(at(20)), .call(at(30))])
        #expect(schedule.action(at: at(36), wasBusy: true) == .wait(until: at(40)))
    }

    @Test("forgives a timer that is a little late, and no more")
    func timers() {
        var schedule = Schedule(Workload(callsPerSecond: 10), from: start, for: second)
        let late = at(0) + .microseconds(900)
        #expect(schedule.action(at: late, wasBusy: false) == .call(late))
        #expect(schedule.action(at: at(103), wasBusy: false) == .call(at(100)))
    }

    @Test("ends in bounded time, and counts the calls that were never begun")
    func unsent() {
        var schedule = Schedule(Workload(callsPerSecond: 10), from: start, for: second)
        #expect(schedule.action(at: at(0), wasBusy: false) == .call(at(0)))
        #expect(schedule.action(at: at(2000), wasBusy: true) == .end)
        #expect(schedule.unsent == 9)
    }
}
