import Foundation
import Measuring
import Testing

@testable import StarBench

@Suite("A baseline")
struct BaselineTests {
    /// A connection that answers at once.
    private struct Mirror: Pipeline {
        var payload = 0
        var inFlight = 0
        var most = 0
        var sent = 0
        /// The request that is answered 200 ms late.
        var stalled: Int?

        mutating func prepare(_ payload: Int) { self.payload = payload }

        mutating func send() {
            sent += 1
            inFlight += 1
            most = max(most, inFlight)
        }

        mutating func receive(within time: Duration?) -> Bool {
            if sent == stalled {
                stalled = nil
                // The pause is what is measured; on a busy machine it is longer, and concerns more requests.
                usleep(200_000)
            }
            inFlight -= 1
            return true
        }
    }

    @Test("keeps as many requests in flight as there are callers, and waits for every answer")
    func window() throws {
        var mirror = Mirror()
        let sample = try Workload(payload: 7, callers: 5).run(for: .milliseconds(5), over: &mirror)
        #expect(mirror.payload == 7 && mirror.most == 5 && mirror.inFlight == 0)
        #expect(sample.latencies.count == mirror.sent && sample.failures == 0 && sample.elapsed >= .milliseconds(5))
    }

    @Test("sends paced requests when they are due, and no more")
    func pace() throws {
        var mirror = Mirror()
        let sample = try Workload(callsPerSecond: 1000).run(for: .milliseconds(20), over: &mirror)
        #expect(mirror.most == 1 && mirror.sent + sample.failures == 20)
    }

    @Test("shows a pause to every paced request that fell into it")
    func stall() throws {
        var mirror = Mirror(stalled: 1)
        let sample = try Workload(callsPerSecond: 200).run(for: .milliseconds(400), over: &mirror)
        let long = sample.latencies.pairs.filter { $0[0] > 100_000_000 }.reduce(0) { $0 + Int($1[1]) }
        #expect(long + sample.failures >= 19 && mirror.sent + sample.failures == 80)
    }

    @Test("carries as many bytes as the kit's messages")
    func sizes() {
        #expect(MessageSizes(0).requestBody == 2 && MessageSizes(4096).requestBody == 4107)
        #expect(MessageSizes.replyBody(2) == 44 && MessageSizes.replyBody(4107) == 4107)
        #expect((400...600).contains(MessageSizes(0).requestHead))
    }
}
