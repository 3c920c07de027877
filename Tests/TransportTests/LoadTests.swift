import Endpoints
import RPC
import Synchronization
import Testing

extension Conformance {
    private final class Count: Sendable {
        private let value = Atomic(0)
        func next() -> Int { value.wrappingAdd(1, ordering: .relaxed).oldValue }
    }

    @Suite("many calls")
    struct LoadTests {
        @Test("come back to whoever made them, though they end out of order", arguments: Wire.allCases)
        func pipelined(wire: Wire) async throws {
            try await Rig.run(wire) { rig in
                let client = rig.client
                let calls = wire.manyCalls
                let begun = Count()
                try await withThrowingTaskGroup { group in
                    for _ in 0..<wire.callsInFlight {
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
                #expect(rig.journal.all.count == calls)
            }
        }

        @Test("go on while one handler waits", arguments: Wire.allCases)
        func blocked(wire: Wire) async throws {
            try await Rig.run(wire) { rig in
                let client = rig.client
                let blocked = Task { try await client.call(TrialContract.stubborn) }
                #expect(await rig.service.next() == .started("stubborn"))
                for value in 0..<50 {
                    let note = Note(text: String(value))
                    try await #expect(client.call(TrialContract.add, note) == note)
                }
                #expect(!rig.journal.all.contains { $0.endpoint == "trial.stubborn" })
                await rig.service.release()
                try await #expect(blocked.value == Empty())
            }
        }
    }
}
