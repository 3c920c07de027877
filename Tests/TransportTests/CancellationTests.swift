import Endpoints
import RPC
import Testing

extension Conformance {
    @Suite("cancellation")
    struct CancellationTests {
        @Test("of the caller's task ends the call and reaches the handler", arguments: Wire.allCases)
        func reaches(wire: Wire) async throws {
            try await Rig.run(wire) { rig in
                let client = rig.client
                let call = Task { try await client.call(TrialContract.slow) }
                #expect(await rig.service.next() == .started("slow"))
                call.cancel()
                let problem = await #expect(throws: Problem.self) { try await call.value }
                #expect(problem == Problem(.cancelled, "The caller has cancelled the call."))
                #expect(problem?.status == 499)
                #expect(await rig.service.next() == .cancelled)
            }
        }

        @Test("ends the call though its handler goes on", arguments: Wire.allCases)
        func stubborn(wire: Wire) async throws {
            try await Rig.run(wire) { rig in
                let client = rig.client
                let call = Task { try await client.call(TrialContract.stubborn) }
                #expect(await rig.service.next() == .started("stubborn"))
                call.cancel()
                let problem = await #expect(throws: Problem.self) { try await call.value }
                #expect(problem?.kind == .cancelled)
            }
        }

        @Test("before the call ends it at once", arguments: Wire.allCases)
        func before(wire: Wire) async throws {
            try await Rig.run(wire) { rig in
                let client = rig.client
                let call = Task {
                    withUnsafeCurrentTask { $0?.cancel() }
                    return try await client.call(TrialContract.slow)
                }
                let problem = await #expect(throws: Problem.self) { try await call.value }
                #expect(problem?.kind == .cancelled)
                try await #expect(rig.client.call(TrialContract.nothing) == Empty())
            }
        }

        @Test("of one call leaves the others alone", arguments: Wire.allCases)
        func others(wire: Wire) async throws {
            try await Rig.run(wire) { rig in
                let client = rig.client
                let patient = Task { try await client.call(TrialContract.stubborn) }
                #expect(await rig.service.next() == .started("stubborn"))
                let call = Task { try await client.call(TrialContract.slow) }
                #expect(await rig.service.next() == .started("slow"))
                call.cancel()
                #expect(await rig.service.next() == .cancelled)
                await rig.service.release()
                try await #expect(patient.value == Empty())
            }
        }
    }
}
