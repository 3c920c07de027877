import Background
import Foundation
import Testing

@Suite("A pool of threads for work that blocks", .timeLimit(.minutes(1)))
struct BlockingThreadPoolTests {
    @Test("do work on threads of their own, and in place what they ask of others")
    func places() async {
        let some = BlockingThreadPool(1, name: "some", priority: .low)
        let others = BlockingThreadPool(1, name: "others")
        #expect(!BlockingThreadPool.isCurrentThread)
        let names = await some.run {
            [threadName(), await others.run { threadName() }, threadName()]
        }
        #expect(names == ["some", "some", "some"])
        let (isHere, name) = await others.run { (BlockingThreadPool.isCurrentThread, threadName()) }
        #expect(isHere && name == "others")
        #expect(!BlockingThreadPool.isCurrentThread)
    }

    #if os(Linux)
        @Test(
            "have the priority that was asked for",
            arguments: [BlockingThreadPool.Priority.normal, .low, .lowest])
        func priority(_ priority: BlockingThreadPool.Priority) async {
            let nice = await BlockingThreadPool(1, name: "workers", priority: priority).run {
                getpriority(__priority_which_t(PRIO_PROCESS.rawValue), 0)
            }
            #expect(nice == priority.rawValue)
        }
    #endif

    @Test("give back what the work throws")
    func failure() async {
        struct Refused: Error {}
        let workers = BlockingThreadPool(1, name: "workers")
        await #expect(throws: Refused.self) { try await workers.run { throw Refused() } }
    }
}

private func threadName() -> String? { Thread.current.name }
