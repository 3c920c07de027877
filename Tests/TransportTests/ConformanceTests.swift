import RPCTesting
import Testing

/// The kit's own transports keep the rules that hold on all, one after another: some of them are about time.
@Suite("On every transport", .serialized, .timeLimit(.minutes(1)))
struct ConformanceTests {
    @Test("in process", arguments: Conformance.checks(for: Wire.inProcess.traits))
    func inProcess(check: ConformanceCheck) async throws { try await check.run(on: WireTransport(.inProcess)) }

    @Test("over HTTP", arguments: Conformance.checks(for: Wire.http.traits))
    func http(check: ConformanceCheck) async throws { try await check.run(on: WireTransport(.http)) }

    @Test("over ZeroMQ ipc", arguments: Conformance.checks(for: Wire.ipc.traits))
    func ipc(check: ConformanceCheck) async throws { try await check.run(on: WireTransport(.ipc)) }

    @Test("over ZeroMQ tcp", arguments: Conformance.checks(for: Wire.tcp.traits))
    func tcp(check: ConformanceCheck) async throws { try await check.run(on: WireTransport(.tcp)) }

    @Test("over ZeroMQ inproc", arguments: Conformance.checks(for: Wire.inproc.traits))
    func inproc(check: ConformanceCheck) async throws { try await check.run(on: WireTransport(.inproc)) }

    @Test("over ZeroMQ ipc, by libzmq", arguments: Conformance.checks(for: Wire.ipcByLibzmq.traits))
    func ipcByLibzmq(check: ConformanceCheck) async throws { try await check.run(on: WireTransport(.ipcByLibzmq)) }

    @Test("over ZeroMQ tcp, by libzmq", arguments: Conformance.checks(for: Wire.tcpByLibzmq.traits))
    func tcpByLibzmq(check: ConformanceCheck) async throws { try await check.run(on: WireTransport(.tcpByLibzmq)) }
}
