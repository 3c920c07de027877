import Foundation
import RPC
import Testing

extension Conformance {
    @Suite("where the time went")
    struct TimingTests {
        @Test("comes back to a caller that asks, with a success as with a refusal", arguments: Wire.allCases)
        func asked(wire: Wire) async throws {
            try await Rig.run(wire) { rig in
                for endpoint in [TrialContract.nothing, TrialContract.refuse, TrialContract.nothing] {
                    let timing = Timing()
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
    }
}
