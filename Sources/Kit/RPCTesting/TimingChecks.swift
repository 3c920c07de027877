import Foundation
import RPC
import Testing

enum TimingChecks {
    static let checks = [
        ConformanceCheck("The service's timings come back to a caller that asks", asked)
    ]

    static func asked(_ rig: ConformanceRig) async throws {
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
