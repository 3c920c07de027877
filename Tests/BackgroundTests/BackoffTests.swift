import Background
import Testing

@Suite("The pauses between attempts")
struct BackoffTests {
    @Test("double up to their maximum, and begin again when told")
    func growth() {
        var backoff = Backoff(initial: .milliseconds(100), max: .seconds(1), jitter: 1...1)
        #expect((0..<6).map { _ in backoff.next() } == [100, 200, 400, 800, 1000, 1000].map { .milliseconds($0) })
        backoff.reset()
        #expect(backoff.next() == .milliseconds(100))
    }

    @Test("are shortened at random, by half at the most")
    func jitter() {
        let first = (0..<200).map { _ in
            var backoff = Backoff(initial: .seconds(1), max: .seconds(4))
            return backoff.next()
        }
        #expect(first.allSatisfy { (Duration.milliseconds(500)...(.seconds(1))).contains($0) })
        #expect(Set(first).count > 100)
    }
}
