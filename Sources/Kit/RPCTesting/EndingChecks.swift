import Endpoints
import RPC
import Testing

enum EndingChecks {
    static let checks = [
        ConformanceCheck("A service that will stop is not ready, and still replies", draining),
        ConformanceCheck(
            "A service that drains replies to callers that come, and sends the others away if the transport can",
            isRemote: true, drained),
        ConformanceCheck(
            "A service that stops lets the calls in flight finish, and refuses new ones", isRemote: true, stopping),
    ]

    static func draining(_ rig: ConformanceRig) async throws {
        let health = Client<HealthContract>(rig.caller)
        try await #expect(health.call(HealthContract.check, timeout: .seconds(20)).status == "ready")
        rig.dispatcher.beginDraining()
        let problem = await #expect(throws: Problem.self) {
            try await health.call(HealthContract.check, timeout: .seconds(20))
        }
        #expect(problem == Problem(.notReady, "The service is about to stop."))
        #expect(problem?.status == 503 && problem?.kind.code == "not_ready")
        try await #expect(health.call(HealthContract.live).status == "live")
        try await #expect(rig.client.call(TrialContract.nothing) == Empty())
    }

    static func drained(_ rig: ConformanceRig) async throws {
        try await #expect(rig.client.call(TrialContract.nothing) == Empty())
        await rig.drain()
        let stranger = try await rig.newCaller()
        try await #expect(Client<TrialContract>(stranger).call(TrialContract.nothing) == Empty())
        guard rig.traits.sendsCallersAway else {
            try await #expect(rig.client.call(TrialContract.nothing) == Empty())
            return
        }
        let problem = await #expect(throws: Problem.self) {
            while true { _ = try await rig.client.call(TrialContract.nothing) }
        }
        #expect(problem?.kind == .unavailable && problem?.isUnprocessed == true)
    }

    static func stopping(_ rig: ConformanceRig) async throws {
        let client = rig.client
        let call = Task { try await client.call(TrialContract.stubborn) }
        #expect(await rig.service.next() == .started("stubborn"))
        let front = try #require(rig.detachFront())
        let stop = Task { await front.stop() }
        // A call that meets the very end of a connection is lost; one that comes after it has certainly not been run.
        var isCertain = false
        while !isCertain {
            let problem = await #expect(throws: Problem.self) {
                while true { _ = try await client.call(TrialContract.nothing) }
            }
            try #require(problem?.status == 503)
            isCertain = problem?.isUnprocessed == true
        }
        await rig.service.release()
        try await #expect(call.value == Empty())
        await stop.value
    }
}
