import Endpoints
import Foundation
import Metrics
import MetricsTestKit
import Testing

@testable import RPC

@Suite("The metrics of calls")
struct MetricsTests {
    private let metrics = TestMetrics()
    private let tea = contract(plain("pour", "/pour").description)

    @Test("tell each phase of all calls by its name")
    func phases() throws {
        let observer = MetricsObserver([tea], factory: metrics)
        var timings = ServerTimings(from: .now)
        (timings.queue, timings.wait, timings.access) = (1, 2, 3)
        (timings.decode, timings.handler, timings.encode) = (4, 5, 6)
        for name in ["tea.pour", "tea.steal"] {
            observer.observer(for: name).didFinish(Call(name, transport: .http), timings)
        }
        for (phase, time) in timings.parts {
            let labels = [("service", "tea"), ("transport", "http"), ("phase", phase)]
            let timer = try metrics.expectTimer("rpc_server_phase_duration_seconds", labels)
            #expect(timer.values == [time, time], "\(phase)")
        }
    }

    @Test("count calls by endpoint, transport and status; names that are not in a contract have one place")
    func counts() throws {
        let observer = MetricsObserver([tea], factory: metrics)
        for (name, place) in [("tea.pour", "tea.pour"), ("tea.\u{0}", "unknown")] {
            let observer = observer.observer(for: name)
            observer.didReply(to: Call(name, transport: .zeroMQ), with: .success(status: 200, body: Data()))
            observer.didReply(to: Call(name, transport: .http), with: .success(status: 200, body: Data()))
            for _ in 1...2 {
                observer.didReply(to: Call(name, transport: .zeroMQ), with: .failure(Problem(.conflict, "No.")))
            }
            for (transport, status, count) in [("zmq", "200", 1), ("http", "200", 1), ("zmq", "409", 2)] {
                let labels = [
                    ("service", "tea"), ("endpoint", place), ("transport", transport), ("status", status),
                ]
                #expect(try metrics.expectCounter("rpc_server_calls_total", labels).values.count == count)
            }
            let whole = [("service", "tea"), ("endpoint", place)]
            #expect(try metrics.expectTimer("rpc_server_call_duration_seconds", whole).values.count == 4)
        }
    }

    @Test("count the kit's own endpoints by their names, whatever the service's contract is")
    func own() throws {
        let observer = MetricsObserver([tea], factory: metrics)
        for name in ["_health.live", "_health.check", "_meta.contract"] {
            let call = Call(name, transport: .http)
            observer.observer(for: name).didReply(to: call, with: .success(status: 200, body: Data()))
            let labels = [("service", "tea"), ("endpoint", name), ("transport", "http"), ("status", "200")]
            #expect(try metrics.expectCounter("rpc_server_calls_total", labels).values.count == 1)
        }
    }
}
