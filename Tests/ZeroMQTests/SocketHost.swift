internal import EventLoop
internal import Foundation
internal import Glibc
internal import RawZMTP
internal import Sockets
internal import Testing
internal import Waiting
internal import ZMTP
@testable internal import ZeroMQ

/// Sockets on a thread of their own, and what happens on them.
actor SocketHost: ThreadBound {
    enum Event: Equatable {
        case connected
        case message([[UInt8]])
        case writable
        case disconnected
        case refused(String)
        case violation(String)
        case unreachable(String)
        case restored
    }

    nonisolated let thread: SocketThread
    private let context: Context
    private nonisolated let happened = Signal<Event>()
    private var router: Router?
    private var dealer: Dealer?
    private var publisher: Publisher?
    private var subscriber: Subscriber?
    private(set) var peers: [RoutingID] = []

    init(in context: Context) throws {
        self.context = context
        thread = try SocketThread(name: "sockets")
    }

    /// Runs a test with a host, and closes its sockets.
    static func run(in context: Context, _ test: (SocketHost) async throws -> Void) async throws {
        let host = try SocketHost(in: context)
        do {
            try await test(host)
        } catch {
            await host.close()
            await host.thread.shutdown()
            throw error
        }
        await host.close()
        await host.thread.shutdown()
    }

    @discardableResult
    func route(
        at address: Address, _ options: SocketOptions = .patient, quickReply: sending Router.QuickReply? = nil
    ) throws -> Address {
        let router = try Router(
            at: address, in: context, options: options, on: thread, quickReply: quickReply
        ) { [weak self] event in
            self?.assumeIsolated { $0.record(event) }
        }
        self.router = router
        return router.address
    }

    func deal(with address: Address, _ options: SocketOptions = .client) throws {
        dealer = try Dealer(to: address, in: context, options: options, on: thread) { [weak self] event in
            self?.assumeIsolated { $0.record(event) }
        }
    }

    @discardableResult
    func publish(at address: Address, _ options: SocketOptions = .server) throws -> Address {
        let publisher = try Publisher(at: address, in: context, options: options, on: thread)
        self.publisher = publisher
        return publisher.address
    }

    func subscribe(to address: Address, prefix: String, _ options: SocketOptions = .client) throws {
        subscriber = try Subscriber(to: address, prefix: prefix, in: context, options: options, on: thread) {
            [weak self] event in
            self?.assumeIsolated { $0.record(event) }
        }
    }

    private func record(_ event: SocketEvent) {
        switch event {
        case .connected(let peer):
            peers.append(peer)
            happened.send(.connected)
        case .message(let frames, from: _): happened.send(.message((0..<frames.count).map { Array(frames[$0]) }))
        case .writable: happened.send(.writable)
        case .disconnected: happened.send(.disconnected)
        case .refused(let refusal): happened.send(.refused(refusal.reason))
        case .violation(let reason, _): happened.send(.violation(reason))
        case .unreachable(let error): happened.send(.unreachable(error.description))
        case .restored: happened.send(.restored)
        }
    }

    /// Waits for what happens next.
    nonisolated func next() async -> Event? { await happened.next() }

    /// Sends, as a Router to the peer that connected last.
    @discardableResult
    func send(_ frames: [[UInt8]]) -> SendResult {
        let message = FrameList(frames)
        if let router, let peer = peers.last { return router.send(message, to: peer) }
        return dealer?.send(message) ?? .unreachable
    }

    func publish(_ topic: String, _ body: [UInt8]) {
        publisher?.publish(FrameList([Array(topic.utf8), body]), topic: topic)
    }

    func close() {
        router?.close()
        dealer?.close()
        publisher?.close()
        subscriber?.close()
        (router, dealer, publisher, subscriber) = (nil, nil, nil, nil)
    }
}

/// A bare connection over TCP: it writes bytes that no socket would.
final class RawConnection {
    private let descriptor: Int32

    init(to address: Address) throws {
        guard case .tcp(let host, let port) = address.target,
            let place = try SocketAddress.resolve(host, port: port, operation: "test").first
        else { throw TimedOut() }
        descriptor = socket(place.family, Int32(SOCK_STREAM.rawValue), 0)
        var limit = timeval(tv_sec: 10, tv_usec: 0)
        setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &limit, socklen_t(MemoryLayout<timeval>.size))
        setsockopt(descriptor, SOL_SOCKET, SO_SNDTIMEO, &limit, socklen_t(MemoryLayout<timeval>.size))
        guard place.withPointer({ connect(descriptor, $0, $1) }) == 0 else { throw TimedOut() }
    }

    deinit { Glibc.close(descriptor) }

    /// - Returns: false if the peer has closed.
    @discardableResult
    func write(_ bytes: [UInt8]) -> Bool {
        bytes.withUnsafeBytes { send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) == $0.count }
    }

    /// The next bytes; none at the end of the connection.
    func read() throws -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: 4096)
        let count = Glibc.read(descriptor, &bytes, bytes.count)
        guard count >= 0 || errno == ECONNRESET else { throw TimedOut() }
        return Array(bytes.prefix(max(0, count)))
    }

    /// Reads to the end of the connection.
    func readToEnd() throws -> [UInt8] {
        var all: [UInt8] = []
        while case let piece = try read(), !piece.isEmpty { all += piece }
        return all
    }

    /// The greeting, and which socket this is.
    static func hello(_ type: String) -> [UInt8] { openingBytes(of: type) }
}

/// A port without a listener.
func freePort(in context: Context) throws -> UInt16 {
    let place = try ListeningSocket(at: try address("tcp://127.0.0.1:*"), in: context, backlog: 1)
    defer { place.close() }
    guard case .tcp(_, let port) = place.address.target else { throw TimedOut() }
    return port
}

/// The memory of this process that is in the machine's.
func residentBytes() -> Int {
    let text = (try? String(contentsOfFile: "/proc/self/statm", encoding: .utf8)) ?? ""
    return (text.split(separator: " ").dropFirst().first.flatMap { Int($0) } ?? 0) * Int(getpagesize())
}

extension SocketOptions {
    /// A server's, for raw peers: these answer no heartbeat, and a test may take its time between two steps.
    static var patient: SocketOptions {
        var options = SocketOptions.server
        options.heartbeat = nil
        options.handshakeInterval = .seconds(60)
        return options
    }
}
