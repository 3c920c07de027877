import Endpoints
import EventLoop
import Foundation
import JSON
import RPC
import RPCTesting
import TemporaryFiles
import Waiting
import ZeroMQ

@testable import ZeroMQTransport

/// A process has one.
let context = Result { try Context() }

/// A service behind a front, and bare sockets to reach it by.
final class FrontRig {
    let service: SmokeService
    let front: ZeroMQFront
    let address: Address
    let journal = Journal()

    let context: Context
    private let directory = TemporaryDirectory()
    private var peers: [LibzmqPeer] = []
    /// The keys of both sides of `tcp://` with CURVE.
    private var curve: (server: CurveKeyPair, peer: CurveKeyPair)?

    /// Runs a test. Everything is closed at the end.
    ///
    /// - Parameters:
    ///   - scheme: of the address at which the front listens; `curve` is `tcp` with CURVE.
    ///   - apart: true if the service has a thread of its own, which a handler may block.
    static func open(
        at scheme: String = "ipc", limits: ZeroMQFront.Limits = .init(), apart: Bool = false,
        _ test: (FrontRig) async throws -> Void
    ) async throws {
        let site = try await FrontRig(scheme, limits, apart)
        do {
            try await test(site)
        } catch {
            await site.close()
            throw error
        }
        await site.close()
    }

    private init(_ scheme: String, _ limits: ZeroMQFront.Limits, _ apart: Bool) async throws {
        let isTCP = scheme == "tcp" || scheme == "curve"
        let place = try Address(isTCP ? "tcp://127.0.0.1:*" : "\(scheme)://\(directory.path(of: "s"))")
        let thread = try SocketThread(name: "service")
        service = SmokeService(on: apart ? QueueExecutor(name: "apart") : thread)
        let dispatcher = try Dispatcher(
            service, contract: SmokeContract.description, verifier: NoTokens(), observers: [journal])
        var security = SocketOptions.Security.none
        if scheme == "curve" {
            // The keys that are admitted are the context's.
            context = try Context()
            let (server, peer) = (try CurveKeyPair.generate(), try CurveKeyPair.generate())
            var allowed = AllowList()
            allowed.allow(peer.publicKey, as: "peer", in: "site")
            context.admit(allowed)
            curve = (server, peer)
            security = .curveServer(server.secretKey, zapDomain: "site")
        } else {
            context = try ZeroMQTransportTests.context.get()
        }
        front = ZeroMQFront(
            dispatcher, on: thread, context: context, addresses: [place], security: security, limits: limits)
        address = try Address(try await front.start()[0])
    }

    /// A peer that is connected, and closed at the end.
    func peer(
        _ kind: Socket.SocketType = .dealer, reading: Bool = true, options: SocketOptions = .client
    ) async throws -> LibzmqPeer {
        let peer = try LibzmqPeer(kind, in: context)
        peers.append(peer)
        var options = options
        if let curve { options.security = .curveClient(curve.peer, serverKey: curve.server.publicKey) }
        try await peer.connect(to: address, reading: reading, options: options)
        return peer
    }

    /// The security of a caller whose key is not admitted, over CURVE.
    func stranger() throws -> SocketOptions.Security {
        guard let curve else { return .none }
        return .curveClient(try .generate(), serverKey: curve.server.publicKey)
    }

    private func close() async {
        service.release()
        for peer in peers { await peer.close() }
        await front.stop()
        await front.thread.shutdown()
    }
}

extension OutboundMessage {
    var frames: [[UInt8]] {
        var frames: [[UInt8]] = []
        var ends: [Bool] = []
        writeFrames { frame, isLast in
            frames.append(Array(frame))
            ends.append(isLast)
        }
        return ends.last == true && !ends.dropLast().contains(true) ? frames : []
    }
}

/// A message as a test looks at it.
struct Message {
    let frames: [[UInt8]]

    init(
        _ kind: Preamble.MessageKind, id: UInt64, _ line: String = "", body: String = "", flags: Preamble.Flags = [],
        time: UInt32 = 0, sent: String? = nil
    ) {
        var head = Headers(line)
        head.add(.sent, sent)
        frames = [Preamble(kind, id: id, flags: flags, time: time).bytes, head.bytes, Array(body.utf8)]
    }

    init?(_ frames: [[UInt8]]) {
        guard frames.count == 3 else { return nil }
        self.frames = frames
    }

    var preamble: Preamble? {
        guard case .preamble(let preamble) = frames[0].withUnsafeBytes({ Preamble.read($0) }) else { return nil }
        return preamble
    }

    var id: UInt64 { preamble?.id ?? .max }
    var head: Headers? { try? frames[1].withUnsafeBytes { try Headers($0) } }
    var status: String? { head?.line }
    var json: JSONValue? { try? JSONValue(json: Data(frames[2])) }
}

enum SmokeContract: Contract {
    static let name = "auth"
    static let version = "1.2.3"
    static let summary = "Made for tests."

    static let smoke = Endpoint<Empty, Empty>(
        "smoke", .get, "/smoke", access: .open, deadline: .seconds(20), summary: "Answers.")
    static let count = Endpoint<Empty, Empty>(
        "count", .post, "/count", access: .open, deadline: .seconds(20), summary: "Is counted.")
    static let fill = Endpoint<Empty, Filling>(
        "fill", .get, "/fill", access: .open, deadline: .seconds(20), summary: "Says a lot.")
    static let slow = Endpoint<Empty, Empty>(
        "slow", .post, "/slow", access: .open, deadline: .seconds(20), summary: "Waits until it is cancelled.")
    static let block = Endpoint<Empty, Empty>(
        "block", .post, "/block", access: .open, deadline: .seconds(20), summary: "Blocks its thread.")

    static let work = Endpoint<Empty, Empty>(
        "work", .post, "/work", access: .open, deadline: .seconds(20), summary: "Takes a millisecond of its thread.")

    static let endpoints = EndpointList {
        smoke
        count
        work
        fill
        slow
        block
    }
}

struct Filling: Payload {
    static let schema = Schema.object(.required("text", .string(example: "tea"), "Much."))

    var text: String
}

actor SmokeService: Service {
    enum Event { case blocked, waiting, cancelled }

    nonisolated let executor: ServiceExecutor
    nonisolated var unownedExecutor: UnownedSerialExecutor { executor.asUnownedSerialExecutor() }

    private nonisolated let happened = Signal<Event>()
    private nonisolated let gate = Gate()
    private(set) var runs = 0
    private(set) var fillings = 0

    init(on executor: ServiceExecutor) { self.executor = executor }

    /// Waits for what happens next.
    nonisolated func next() async -> Event? { await happened.next() }

    /// Lets blocked handlers go on.
    nonisolated func release() { gate.open() }

    nonisolated var handlers: Handlers {
        Handlers {
            handle(SmokeContract.smoke) { _, _ in Empty() }
            handle(SmokeContract.count, with: count)
            handle(SmokeContract.work, with: work)
            handle(SmokeContract.fill, with: fill)
            handle(SmokeContract.slow, with: slow)
            handle(SmokeContract.block, with: block)
        }
    }

    private func count(_: Empty, _ context: CallContext) async -> Empty {
        runs += 1
        return Empty()
    }

    private func work(_: Empty, _ context: CallContext) async -> Empty {
        runs += 1
        let end = ContinuousClock.now + .milliseconds(1)
        while ContinuousClock.now < end {}
        return Empty()
    }

    private func fill(_: Empty, _ context: CallContext) async -> Filling {
        fillings += 1
        return Filling(text: String(repeating: "0123456789", count: 100))
    }

    private func slow(_: Empty, _ context: CallContext) async throws -> Empty {
        happened.send(.waiting)
        let (never, continuation) = AsyncStream.makeStream(of: Void.self)
        for await _ in never {}
        continuation.finish()
        happened.send(.cancelled)
        throw CancellationError()
    }

    private func block(_: Empty, _ context: CallContext) async -> Empty {
        happened.send(.blocked)
        gate.wait()
        return Empty()
    }
}
