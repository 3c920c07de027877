import EventLoop
import Foundation
import HTTPTransport
import Hosting
import Measuring
import RPC
import ZeroMQ
import ZeroMQTransport

/// The subjects that a run compares by default: the ways to reach a service, and the baselines beneath them.
package enum Wire: String, CaseIterable, Sendable {
    case inProcess = "in-process"
    case inproc
    case ipc
    /// With no token that is remembered from the calls before.
    case ipcCold = "ipc-cold"
    /// With payloads of bytes as they are, without JSON.
    case ipcBytes = "ipc-bytes"
    case tcp
    case curve
    case http
    case bareZeroMQ = "libzmq"
    case bareSocket = "socket"

    /// Its name in tables.
    var title: String {
        switch self {
        case .inProcess: "in-process"
        case .inproc: "ZeroMQ inproc"
        case .ipc: "ZeroMQ ipc"
        case .ipcCold: "ZeroMQ ipc, cold token"
        case .ipcBytes: "ZeroMQ ipc, bytes"
        case .tcp: "ZeroMQ tcp"
        case .curve: "ZeroMQ tcp, CURVE"
        case .http: "HTTP keep-alive"
        case .bareZeroMQ: "libzmq alone (C)"
        case .bareSocket: "Unix socket alone (C)"
        }
    }
}

/// Makes the subjects of a run, each with the server it needs.
struct BenchWires {
    /// One for the process, as libzmq wants it.
    let context: Context
    let payloads: [Int]
    /// The folder of the sockets; only this user may look into it.
    let directory: URL

    func subject(_ wire: Wire) async throws -> any BenchmarkTarget {
        switch wire {
        case .inProcess: try inProcess()
        case .inproc: try await inproc()
        case .ipc, .ipcCold, .ipcBytes, .tcp, .curve: try await zeroMQ(wire)
        case .http: try await http()
        case .bareZeroMQ, .bareSocket: try await baseline(wire)
        }
    }

    private func inProcess() throws -> any BenchmarkTarget {
        let site = try BenchSite()
        let callers = [InProcessCaller(site.resource), InProcessCaller(site.echo)]
        let clients = BenchClients(callers, tokens: site.tokens, payloads: payloads)
        return ClosureTarget(Wire.inProcess.title, processes: Processes(servers: [getpid()]), on: site.thread) {
            try await clients.call($0)
        } close: {
            await site.thread.shutdown()
        }
    }

    private func inproc() async throws -> any BenchmarkTarget {
        let site = try BenchSite()
        let serving = try await site.serve(in: context) { try Address("inproc://\($0)") }
        let session = try await ClientSession(serving.addresses, context)
        let clients = BenchClients(session.callers, tokens: site.tokens, payloads: payloads)
        return ClosureTarget(Wire.inproc.title, processes: Processes(servers: [getpid()]), on: session.thread) {
            try await clients.call($0)
        } close: {
            await session.close()
            await serving.stop()
            await site.thread.shutdown()
        }
    }

    private func zeroMQ(_ wire: Wire) async throws -> any BenchmarkTarget {
        let keys = wire == .curve ? try CurveKeyPair.generate() : nil
        let (server, ready) = try await start(wire, callerKey: keys?.publicKey.hex)
        var security = SocketOptions.Security.none
        if let keys, let key = ready.key {
            security = .curveClient(keys, serverKey: try CurvePublicKey(text: key))
        }
        let session = try await ClientSession(ready.addresses, context, security)
        let clients = BenchClients(
            session.callers, tokens: ready.tokens, payloads: payloads, asBytes: wire == .ipcBytes)
        return ClosureTarget(wire.title, processes: Processes(servers: [server.id]), on: session.thread) {
            try await clients.call($0)
        } close: {
            await session.close()
            await server.end()
        }
    }

    private func http() async throws -> any BenchmarkTarget {
        let (server, ready) = try await start(.http)
        let callers = ready.addresses.map { HTTPCaller($0) }
        let clients = BenchClients(callers, tokens: ready.tokens, payloads: payloads)
        return ClosureTarget(Wire.http.title, processes: Processes(servers: [server.id])) {
            try await clients.call($0)
        } close: {
            for caller in callers { await caller.close() }
            await server.end()
        }
    }

    private func baseline(_ wire: Wire) async throws -> any BenchmarkTarget {
        let (server, ready) = try await start(wire)
        do {
            let address = ready.addresses[0]
            return wire == .bareZeroMQ
                ? BaselineTarget(wire, server: server, over: try BareZeroMQ(address))
                : BaselineTarget(wire, server: server, over: try BareSocket(address))
        } catch {
            await server.end()
            throw error
        }
    }

    private func start(_ wire: Wire, callerKey: String? = nil) async throws -> (PipedProcess, BenchServer.Ready) {
        let place = directory.appendingPathComponent(wire.rawValue)
        try FileManager.default.createDirectory(
            at: place, withIntermediateDirectories: false, attributes: [.posixPermissions: 0o700])
        let arguments = ["bench", "--serve", wire.rawValue, "--directory", place.path]
        let server = try PipedProcess(
            URL(fileURLWithPath: "/proc/self/exe").resolvingSymlinksInPath(),
            arguments + (callerKey.map { ["--caller-key", $0] } ?? []))
        do {
            return (server, try await server.receive(BenchServer.Ready.self, within: .seconds(10)))
        } catch {
            await server.end()
            throw error
        }
    }
}

/// Connections over ZeroMQ, with the thread that owns them, from which a service calls.
struct ClientSession {
    let thread: SocketThread
    let callers: [ZeroMQCaller]

    init(_ addresses: [String], _ context: Context, _ security: SocketOptions.Security = .none) async throws {
        let thread = try SocketThread(name: "caller", spinTime: CommonSettings.defaultSpinTime)
        callers = try addresses.map {
            ZeroMQCaller(try Address($0), on: thread, context: context, security: security)
        }
        self.thread = thread
        for caller in callers { try await caller.start() }
    }

    func close() async {
        for caller in callers { await caller.close() }
        await thread.shutdown()
    }
}
