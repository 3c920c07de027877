import Endpoints
import RPC
import Synchronization
import Testing

private final class Count: Sendable {
    private let value = Atomic(0)
    func next() -> Int { value.wrappingAdd(1, ordering: .relaxed).oldValue }
}

enum LoadChecks {
    static let checks = [
        ConformanceCheck("Replies that come out of order reach their callers", pipelined),
        ConformanceCheck("Calls go on while one handler waits", blocked),
    ]

    static func pipelined(_ rig: ConformanceRig) async throws {
        let client = rig.client
        let calls = rig.traits.manyCalls
        let begun = Count()
        try await withThrowingTaskGroup { group in
            for _ in 0..<rig.traits.maxCallsInFlight {
                group.addTask {
                    while true {
                        let value = begun.next()
                        guard value < calls else { return }
                        let answer = try await client.call(TrialContract.batch, Number(value: value))
                        try #require(answer.value == value)
                    }
                }
            }
            try await group.waitForAll()
        }
        #expect(rig.replies.count == calls)
    }

    static func blocked(_ rig: ConformanceRig) async throws {
        let client = rig.client
        let blocked = Task { try await client.call(TrialContract.stubborn) }
        #expect(await rig.service.next() == .started("stubborn"))
        for value in 0..<50 {
            let note = Note(text: String(value))
            try await #expect(client.call(TrialContract.add, note) == note)
        }
        #expect(!rig.replies.contains { $0.endpoint == "trial.stubborn" })
        await rig.service.release()
        try await #expect(blocked.value == Empty())
    }
}
