import Foundation
import Measuring
import Testing

@Suite("A server that stalls")
struct StallTests {
    /// Its first call keeps all others waiting for 200 ms.
    private actor Server {
        private var calls = 0

        func call() {
            calls += 1
            // The pause is what is measured; on a busy machine it is longer, and concerns more calls.
            if calls == 1 { usleep(200_000) }
        }
    }

    @Test("is seen by every paced call that fell into its pause, and not by one", arguments: [1, 4])
    func paced(callers: Int) async {
        let server = Server()
        let load = Workload(callers: callers, callsPerSecond: 200)
        let sample = await load.run(for: .milliseconds(400), isolation: nil) { await server.call() }
        // 40 calls were due while it stalled, 20 of them in the first half.
        #expect(sample.latencies.count + sample.failures == 80)
        #expect(longCalls(sample) + sample.failures >= 19)
    }

    private func longCalls(_ sample: Sample) -> Int {
        sample.latencies.pairs.filter { $0[0] > 100_000_000 }.reduce(0) { $0 + Int($1[1]) }
    }
}
