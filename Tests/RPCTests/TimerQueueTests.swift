import Testing
import Waiting

@testable import RPC

@Suite("Deadlines", .timeLimit(.minutes(1)))
struct TimerQueueTests {
    @Test("come at their instant, not before")
    func instant() async {
        let deadlines = TimerQueue()
        let signal = Signal<ContinuousClock.Instant>()
        for wait in [Duration.milliseconds(-100), .zero, .milliseconds(1), .milliseconds(7), .milliseconds(30)] {
            let instant = ContinuousClock.now + wait
            _ = deadlines.schedule(at: instant) { signal.send(.now) }
            let fired = await signal.next()
            #expect(fired.map { $0 >= instant } == true)
        }
    }

    @Test("come in their order, however they were set")
    func order() async {
        let deadlines = TimerQueue()
        let signal = Signal<Int>()
        // Late enough that all are set before the first is due.
        let start = ContinuousClock.now + .milliseconds(300)
        for number in [3, 1, 5, 2, 4] {
            _ = deadlines.schedule(at: start + .milliseconds(20 * number)) { signal.send(number) }
        }
        for number in 1...5 { #expect(await signal.next() == number) }
    }

    @Test("that are called off never come, and take no other with them")
    func cancelled() async {
        let deadlines = TimerQueue()
        let signal = Signal<String>()
        let instant = ContinuousClock.now + .milliseconds(400)
        // The earliest, one at the same instant as another, and one twice.
        let early = deadlines.schedule(at: .now + .milliseconds(300)) { signal.send("early") }
        let same = deadlines.schedule(at: instant) { signal.send("same") }
        _ = deadlines.schedule(at: instant) { signal.send("kept") }
        for ticket in [early, same, early] { deadlines.cancel(ticket) }
        _ = deadlines.schedule(at: instant + .milliseconds(30)) { signal.send("last") }
        #expect(await signal.next() == "kept")
        #expect(await signal.next() == "last")
    }

    @Test("may be set and called off by a deadline")
    func nested() async {
        let deadlines = TimerQueue()
        let signal = Signal<String>()
        let doomed = deadlines.schedule(at: .now + .milliseconds(300)) { signal.send("doomed") }
        _ = deadlines.schedule(at: .now + .milliseconds(10)) {
            deadlines.cancel(doomed)
            _ = deadlines.schedule(at: .now + .milliseconds(400)) { signal.send("second") }
            _ = deadlines.schedule(at: .now) { signal.send("first") }
        }
        #expect(await signal.next() == "first")
        #expect(await signal.next() == "second")
    }

    @Test("all come or are called off, with many tasks at them at once")
    func many() async {
        let deadlines = TimerQueue()
        let fired = Signal<Int>()
        let (tasks, each) = (16, 500)
        await withTaskGroup { group in
            for task in 0..<tasks {
                group.addTask {
                    for number in 0..<each {
                        let wait = Duration.milliseconds((number * 7 + task) % 50)
                        let ticket = deadlines.schedule(at: .now + wait + .milliseconds(1500)) { fired.send(-1) }
                        _ = deadlines.schedule(at: .now + wait) { fired.send(task * each + number) }
                        deadlines.cancel(ticket)
                    }
                }
            }
        }
        var seen: Set<Int> = []
        while seen.count < tasks * each, let number = await fired.next() { #expect(seen.insert(number).inserted) }
        _ = deadlines.schedule(at: .now + .milliseconds(1600)) { fired.send(-2) }
        #expect(await fired.next() == -2)
    }
}
