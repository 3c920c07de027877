import Background
import Foundation
import Testing

@Suite("Workers", .timeLimit(.minutes(1)))
struct WorkersTests {
    @Test("do work on threads of their own, and in place what they ask of others")
    func places() async {
        let some = Workers(1, name: "some", share: .small)
        let others = Workers(1, name: "others")
        #expect(!Workers.areHere)
        let names = await some.run {
            [threadName(), await others.run { threadName() }, threadName()]
        }
        #expect(names == ["some", "some", "some"])
        let (isHere, name) = await others.run { (Workers.areHere, threadName()) }
        #expect(isHere && name == "others")
        #expect(!Workers.areHere)
    }

    @Test("give back what the work throws")
    func failure() async {
        struct Refused: Error {}
        let workers = Workers(1, name: "workers")
        await #expect(throws: Refused.self) { try await workers.run { throw Refused() } }
    }
}

private func threadName() -> String? { Thread.current.name }
