import Endpoints
import Foundation
import Synchronization
import Testing

@testable import RPC

@Suite("Whoever follows a service's news", .timeLimit(.minutes(1)))
struct NewsFollowerTests {
    /// Knows what it has read or asked for.
    final class Reader: NewsReader {
        private let known = Mutex(0)
        /// What the service would answer.
        let latest = Mutex(0)
        let asked = Signal<Int>()
        let isReachable = Atomic(true)

        var number: Int { known.withLock { $0 } }

        func read(_ bulletin: Bulletin) -> Bool {
            known.withLock { known in
                if !bulletin.body.isEmpty, bulletin.edition.number == known + 1 { known += 1 }
                return known == bulletin.edition.number
            }
        }

        func catchUp() async throws(Problem) {
            defer { asked.send(number) }
            guard isReachable.load(ordering: .relaxed) else { throw Problem(.unavailable, "Nobody is there.") }
            known.withLock { $0 = latest.withLock { $0 } }
        }
    }

    func bulletin(_ number: Int, _ body: String = "") -> Bulletin {
        Bulletin(topic: "tea.changes", edition: Edition(series: "a", number: number), body: .init(body.utf8))
    }

    func follow(
        _ reader: Reader, beat: Duration = .seconds(60), silence: Duration = .seconds(60),
        _ test: (NewsFollower) async throws -> Void
    ) async throws {
        let follower = NewsFollower(reader, beat: beat, silence: silence)
        let task = Task { await follower.run() }
        try await test(follower)
        task.cancel()
        await task.value
    }

    @Test("asks for nothing as long as each bulletin is the next one")
    func nextOnes() async throws {
        let reader = Reader()
        try await follow(reader) { follower in
            #expect(!follower.isListening)
            for number in 1...3 { follower.heard(bulletin(number, "news")) }
            follower.heard(bulletin(3))
            #expect(follower.isListening && reader.number == 3)
            // The one that asks next has not been asked before.
            reader.latest.withLock { $0 = 9 }
            follower.heard(bulletin(9, "news"))
            #expect(await reader.asked.next() == 9)
        }
    }

    @Test("asks once a bulletin was missed, also where only a sign of life tells it")
    func missed() async throws {
        let reader = Reader()
        try await follow(reader) { follower in
            reader.latest.withLock { $0 = 2 }
            follower.heard(bulletin(2, "news"))
            #expect(await reader.asked.next() == 2)
            reader.latest.withLock { $0 = 3 }
            follower.heard(bulletin(3))
            #expect(await reader.asked.next() == 3)
        }
    }

    @Test("asks again and again while it hears nothing, and is not discouraged")
    func silent() async throws {
        let reader = Reader()
        reader.isReachable.store(false, ordering: .relaxed)
        try await follow(reader, beat: .milliseconds(1), silence: .milliseconds(1)) { _ in
            for _ in 1...5 { #expect(await reader.asked.next() == 0) }
            reader.latest.withLock { $0 = 7 }
            reader.isReachable.store(true, ordering: .relaxed)
            while await reader.asked.next() != 7 {}
        }
    }

    @Test("says once that it has heard nothing for long, and that it hears again")
    func changed() async throws {
        let reader = Reader()
        let said = Signal<Bool>()
        let follower = NewsFollower(reader, beat: .milliseconds(1), silence: .seconds(60))
        let task = Task { await follower.run { said.send($0) } }
        #expect(await said.next() == false)
        follower.heard(bulletin(1))
        #expect(await said.next() == true)
        task.cancel()
        await task.value
    }

    @Test("hears of a change within a second: by a sign of life, or by the silence and a question")
    func bound() {
        #expect(NewsFollower.silence > NewsFollower.beat * 2)
        #expect(NewsFollower.silence + NewsFollower.beat < .seconds(1))
    }
}
