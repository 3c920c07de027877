import Testing

@testable import RPC

@Suite("The calls that wait for a service's actor")
struct CallBacklogTests {
    /// Begins calls, one each millisecond.
    private func begin(_ calls: Range<Int64>, of backlog: CallBacklog) {
        for number in calls { backlog.begin(at: number * 1_000_000) }
    }

    @Test("would have another one wait as long as those before it take")
    func wait() {
        let backlog = CallBacklog()
        #expect(backlog.isEmpty)
        for _ in 0..<1000 { backlog.enter() }
        #expect(!backlog.isEmpty && backlog.wait == .zero)
        begin(0..<100, of: backlog)
        #expect(backlog.wait == .milliseconds(900))
        begin(100..<1000, of: backlog)
        #expect(backlog.isEmpty && backlog.wait == .zero)
    }

    @Test("do not count the time in which none waits")
    func idle() {
        let backlog = CallBacklog()
        for second in 0..<1000 as Range<Int64> {
            backlog.enter()
            backlog.begin(at: second * 1_000_000_000)
        }
        for _ in 0..<100 { backlog.enter() }
        #expect(backlog.wait == .zero)
    }
}
