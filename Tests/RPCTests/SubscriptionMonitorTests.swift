import Endpoints
import Foundation
import Synchronization
import Testing
import Waiting

@testable import RPC

@Suite("Whoever follows a service's news", .timeLimit(.minutes(1)))
struct SubscriptionMonitorTests {
    /// Knows what it has read or asked for.
    final class Reader: EventSubscriber {
        private let known = Mutex(0)
        /// The number that the service would answer.
        let latest = Mutex(0)
        let asked = Signal<Int>()
        let isReachable = Atomic(true)

        var number: Int { known.withLock { $0 } }

        func apply(_ event: Event) -> Bool {
            known.withLock { known in
                if !event.body.isEmpty, event.position.sequence == known + 1 { known += 1 }
                return known == event.position.sequence
            }
        }

        func resync() async throws(Problem) {
            defer { asked.send(number) }
            guard isReachable.load(ordering: .relaxed) else { throw Problem(.unavailable, "Nobody is there.") }
            known.withLock { $0 = latest.withLock { $0 } }
        }
    }

    func event(_ number: Int, _ body: String = "") -> Event {
        Event(topic: "tea.changes", position: StreamPosition(epoch: "a", sequence: number), body: .init(body.utf8))
    }

    func follow(
        _ reader: Reader, heartbeatInterval: Duration = .seconds(60), heartbeatTimeout: Duration = .seconds(60),
        _ test: (SubscriptionMonitor) async throws -> Void
    ) async throws {
        let follower = SubscriptionMonitor(
            reader, heartbeatInterval: heartbeatInterval, heartbeatTimeout: heartbeatTimeout)
        let task = Task { await follower.run() }
        try await test(follower)
        task.cancel()
        await task.value
    }

    @Test("asks for nothing as long as each event is the next one")
    func nextOnes() async throws {
        let reader = Reader()
        try await follow(reader) { follower in
            #expect(!follower.isListening)
            for number in 1...3 { follower.receive(event(number, "news")) }
            follower.receive(event(3))
            #expect(follower.isListening && reader.number == 3)
            // The one that asks next has not been asked before.
            reader.latest.withLock { $0 = 9 }
            follower.receive(event(9, "news"))
            #expect(await reader.asked.next() == 9)
        }
    }

    @Test("asks once an event was missed, also where only a heartbeat shows it")
    func missed() async throws {
        let reader = Reader()
        try await follow(reader) { follower in
            reader.latest.withLock { $0 = 2 }
            follower.receive(event(2, "news"))
            #expect(await reader.asked.next() == 2)
            reader.latest.withLock { $0 = 3 }
            follower.receive(event(3))
            #expect(await reader.asked.next() == 3)
        }
    }

    @Test("asks again and again while it hears nothing, and is not discouraged")
    func silent() async throws {
        let reader = Reader()
        reader.isReachable.store(false, ordering: .relaxed)
        try await follow(reader, heartbeatInterval: .milliseconds(1), heartbeatTimeout: .milliseconds(1)) { _ in
            for _ in 1...5 { #expect(await reader.asked.next() == 0) }
            reader.latest.withLock { $0 = 7 }
            reader.isReachable.store(true, ordering: .relaxed)
            while let number = await reader.asked.next(), number != 7 {}
        }
    }

    @Test("reports once that nothing was received for long, and that something is again")
    func changed() async throws {
        let reader = Reader()
        let said = Signal<Bool>()
        let follower = SubscriptionMonitor(
            reader, heartbeatInterval: .milliseconds(1), heartbeatTimeout: .seconds(60))
        let task = Task { await follower.run { said.send($0) } }
        #expect(await said.next() == false)
        follower.receive(event(1))
        #expect(await said.next() == true)
        task.cancel()
        await task.value
    }

    @Test("reports a resync that fails, once until one succeeds")
    func failed() async throws {
        let reader = Reader()
        reader.isReachable.store(false, ordering: .relaxed)
        let follower = SubscriptionMonitor(
            reader, heartbeatInterval: .milliseconds(1), heartbeatTimeout: .milliseconds(1))
        let reported = Signal<String>()
        let task = Task { await follower.run(failed: { reported.send($0.detail) }) }
        #expect(await reported.next() == "Nobody is there.")
        for _ in 1...5 { _ = await reader.asked.next() }
        reader.latest.withLock { $0 = 7 }
        reader.isReachable.store(true, ordering: .relaxed)
        while let number = await reader.asked.next(), number != 7 {}
        reported.send("none since")
        #expect(await reported.next() == "none since")
        task.cancel()
        await task.value
    }

    @Test("hears of a change within a second: by a heartbeat, or by its absence and a resync")
    func bound() {
        #expect(SubscriptionMonitor.heartbeatTimeout > SubscriptionMonitor.heartbeatInterval * 2)
        #expect(SubscriptionMonitor.heartbeatTimeout + SubscriptionMonitor.heartbeatInterval < .seconds(1))
    }
}
