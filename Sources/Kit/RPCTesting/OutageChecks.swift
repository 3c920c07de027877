import Endpoints
import RPC
import Testing

enum OutageChecks {
    static let checks = [
        ConformanceCheck("A service that is down is reported within the deadline", isRemote: true, down),
        ConformanceCheck(
            "A connection that is closed ends the calls in flight, and cancels their handlers", isRemote: true, crash),
        ConformanceCheck("A service that is back is called again by the same callers", isRemote: true, restarted),
    ]

    static func down(_ rig: ConformanceRig) async throws {
        try await #expect(rig.client.call(TrialContract.nothing) == Empty())
        await rig.stopFront()
        for caller in [rig.caller, try await rig.newCaller()] {
            // A call that meets the very end of a connection is lost; one that comes after it has certainly not been run.
            try await eventually("A call has certainly not been run.") {
                let start = ContinuousClock.now
                let problem = await #expect(throws: Problem.self) {
                    try await Client<TrialContract>(caller).call(TrialContract.nothing, timeout: .seconds(5))
                }
                try #require(problem?.kind == .unavailable && problem?.status == 503)
                #expect(start.duration(to: .now) < .seconds(5))
                return problem?.isUnprocessed == true
            }
            #expect(await !caller.isConnected)
        }
    }

    static func crash(_ rig: ConformanceRig) async throws {
        let client = rig.client
        let call = Task { try await client.call(TrialContract.slow) }
        #expect(await rig.service.next() == .started("slow"))
        await rig.caller.close()
        let problem = await #expect(throws: Problem.self) { try await call.value }
        #expect(problem?.kind == .unavailable)
        #expect(await rig.service.next() == .cancelled)
    }

    static func restarted(_ rig: ConformanceRig) async throws {
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

    /// Calls until there is an answer. Until then there is no other problem than that the service is not there.
    private static func untilAnswered(_ client: Client<TrialContract>) async throws {
        try await eventually("A call is answered.") {
            do throws(Problem) {
                _ = try await client.call(TrialContract.nothing, timeout: .seconds(2))
                return true
            } catch {
                try #require(error.kind == .unavailable || error.kind == .deadlineExceeded)
                return false
            }
        }
    }
}
