import Endpoints
import Foundation
import Metrics
import MetricsTestKit
import Testing

@testable import RPC

@Suite("The metrics of calls")
struct MetricsTests {
    private let metrics = TestMetrics()

    @Test("tell each part of a call's ledger by its name")
    func parts() throws {
        let watcher = MetricsInterceptor([], factory: metrics).watcher(of: "tea.pour")
        var ledger = Ledger(from: .now)
        (ledger.queue, ledger.wait, ledger.access) = (1, 2, 3)
        (ledger.decode, ledger.handler, ledger.encode) = (4, 5, 6)
        watcher.measured(Call("tea.pour", transport: .http), ledger)
        for (part, time) in ledger.parts {
            let place = [("endpoint", "unknown"), ("transport", "http"), ("part", part)]
            #expect(try metrics.expectTimer("star_call_part_seconds", place).values == [time], "\(part)")
        }
    }

    @Test("count calls by endpoint, transport and status; names that are not in a contract have one place")
    func counts() throws {
        let interceptor = MetricsInterceptor([contract(plain("pour", "/pour").description)], factory: metrics)
        for (name, place) in [("tea.pour", "tea.pour"), ("tea.\u{0}", "unknown")] {
            let watcher = interceptor.watcher(of: name)
            watcher.answered(Call(name, transport: .zeroMQ), with: .success(status: 200, body: Data()))
            for _ in 1...2 {
                watcher.answered(Call(name, transport: .zeroMQ), with: .failure(Problem(.conflict, "No.")))
            }
            for (status, count) in [("200", 1), ("409", 2)] {
                let series = [("endpoint", place), ("transport", "zmq"), ("status", status)]
                #expect(try metrics.expectCounter("star_calls_total", series).values.count == count)
            }
            let whole = [("endpoint", place), ("transport", "zmq")]
            #expect(try metrics.expectTimer("star_call_seconds", whole).values.count == 3)
        }
    }

    @Test("count the kit's own endpoints by their names, whatever the service's contract is")
    func own() throws {
        let interceptor = MetricsInterceptor([contract(plain("pour", "/pour").description)], factory: metrics)
        for name in ["_health.live", "_health.check", "_meta.contract"] {
            let call = Call(name, transport: .http)
            interceptor.watcher(of: name).answered(call, with: .success(status: 200, body: Data()))
            let series = [("endpoint", name), ("transport", "http"), ("status", "200")]
            #expect(try metrics.expectCounter("star_calls_total", series).values.count == 1)
        }
    }
}
