import Endpoints
import RPC
import Testing

enum CancellationChecks {
    static let checks = [
        ConformanceCheck("Cancelling the caller's task ends the call and reaches the handler", reaches),
        ConformanceCheck("A cancelled call ends though its handler goes on", stubborn),
        ConformanceCheck("A call of a task that is cancelled already ends at once", before),
        ConformanceCheck("Cancelling one call leaves the others alone", others),
    ]

    static func reaches(_ rig: ConformanceRig) async throws {
        let client = rig.client
        let call = Task { try await client.call(TrialContract.slow) }
        #expect(await rig.service.next() == .started("slow"))
        call.cancel()
        let problem = await #expect(throws: Problem.self) { try await call.value }
        #expect(problem == Problem(.cancelled, "The caller has cancelled the call."))
        #expect(problem?.status == 499)
        #expect(await rig.service.next() == .cancelled)
    }

    static func stubborn(_ rig: ConformanceRig) async throws {
        let client = rig.client
        let call = Task { try await client.call(TrialContract.stubborn) }
        #expect(await rig.service.next() == .started("stubborn"))
        call.cancel()
        let problem = await #expect(throws: Problem.self) { try await call.value }
        #expect(problem?.kind == .cancelled)
    }

    static func before(_ rig: ConformanceRig) async throws {
        let client = rig.client
        let call = Task {
            withUnsafeCurrentTask { $0?.cancel() }
            return try await client.call(TrialContract.slow)
        }
        let problem = await #expect(throws: Problem.self) { try await call.value }
        #expect(problem?.kind == .cancelled)
        try await #expect(rig.client.call(TrialContract.nothing) == Empty())
    }

    static func others(_ rig: ConformanceRig) async throws {
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

enum TimingChecks {
    static let checks = [
        ConformanceCheck("The service's timings come back to a caller that requests them", reported)
    ]

    static func reported(_ rig: ConformanceRig) async throws {
        for endpoint in [TrialContract.nothing, TrialContract.refuse, TrialContract.nothing] {
            let timing = ReportedTimings()
            let start = ContinuousClock.now
            _ = try? await rig.client.call(endpoint, timing: timing)
            let whole = start.duration(to: .now)
            let names = ["queue", "wait", "access", "decode", "handler", "encode"]
            #expect(timing.parts.map(\.name) == names)
            let sum = timing.parts.reduce(.zero) { $0 + $1.time }
            #expect(sum > .zero && sum <= whole)
        }
    }
}
