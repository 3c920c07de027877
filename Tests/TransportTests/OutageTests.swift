import Endpoints
import RPC
import Testing

extension Conformance {
    @Suite("a service that is down")
    struct OutageTests {
        @Test("is reported within the deadline, whether it was ever up or not", arguments: Wire.remote)
        func down(wire: Wire) async throws {
            try await Rig.run(wire) { rig in
                try await #expect(rig.client.call(TrialContract.nothing) == Empty())
                await rig.stopFront()
                for caller in [rig.caller, try await rig.newCaller()] {
                    // What meets the very end of a connection is lost; what comes after it has certainly not been run.
                    var isCertain = false
                    while !isCertain {
                        let start = ContinuousClock.now
                        let problem = await #expect(throws: Problem.self) {
                            try await Client<TrialContract>(caller).call(TrialContract.nothing, timeout: .seconds(5))
                        }
                        try #require(problem?.kind == .unavailable && problem?.status == 503)
                        #expect(start.duration(to: .now) < .seconds(5))
                        isCertain = problem?.isUnprocessed == true
                    }
                    #expect(await !caller.isConnected)
                }
            }
        }

        @Test("ends the calls in flight there when it stops before they have ended", arguments: Wire.remote)
        func crash(wire: Wire) async throws {
            try await Rig.run(wire) { rig in
                let client = rig.client
                let call = Task { try await client.call(TrialContract.slow) }
                #expect(await rig.service.next() == .started("slow"))
                await rig.caller.close()
                let problem = await #expect(throws: Problem.self) { try await call.value }
                #expect(problem?.kind == .unavailable)
                #expect(await rig.service.next() == .cancelled)
            }
        }

        @Test("is called again by the same callers once it is back", arguments: Wire.remote)
        func restarted(wire: Wire) async throws {
            try await Rig.run(wire) { rig in
                let patient = Client<TrialContract>(try await rig.newCaller())
                for _ in 0..<3 {
                    try await #expect(rig.client.call(TrialContract.nothing) == Empty())
                    await rig.stopFront()
                    _ = await #expect(throws: Problem.self) {
                        try await rig.client.call(TrialContract.nothing, timeout: .seconds(2))
                    }
                    try await rig.startFront()
                    for client in [rig.client, patient] { try await untilAnswered(client) }
                    // From the first answer on, all are answered.
                    for _ in 0..<20 { try await #expect(rig.client.call(TrialContract.nothing) == Empty()) }
                }
                #expect(await rig.caller.isConnected)
            }
        }

        /// Calls until there is an answer. Until then there is no other problem than that the service is not there.
        private func untilAnswered(_ client: Client<TrialContract>) async throws {
            let end = ContinuousClock.now + .seconds(20)
            while true {
                do {
                    _ = try await client.call(TrialContract.nothing, timeout: .seconds(2))
                    return
                } catch {
                    try #require(error.kind == .unavailable || error.kind == .deadlineExceeded)
                    try #require(ContinuousClock.now < end)
                    await Task.yield()
                }
            }
        }
    }
}
