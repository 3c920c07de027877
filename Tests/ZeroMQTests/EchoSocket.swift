internal import EventLoop
internal import Synchronization
internal import ZeroMQ

/// A server as the transport will be: an actor on its socket thread, whose requests start in place.
actor EchoSocket: ThreadBound {
    nonisolated let thread: SocketThread
    private var socket: Socket?
    private var request = Multipart()
    private var reply = Multipart()
    private(set) var calls = 0
    /// Requests whose handler had finished when `Task.immediate` returned.
    private(set) var answeredInPlace = 0

    init(thread: SocketThread) { self.thread = thread }

    @discardableResult
    func start(in context: Context, at address: Address, kind: Socket.SocketType = .router) throws -> Address {
        let socket = try Socket(kind, in: context, options: .server)
        let bound = try socket.bind(address)
        self.socket = socket
        thread.attach(socket) { [weak self] limit in self?.assumeIsolated { $0.drain(limit) } ?? 0 }
        return bound
    }

    private func drain(_ limit: Int) -> Int {
        guard let socket else { return 0 }
        for taken in 0..<limit {
            guard (try? socket.receive(into: &request)) == true else { return taken }
            let routingID = request.bytes(at: 0)
            let body = request.bytes(at: request.count - 1)
            let before = calls
            Task.immediate { await self.handle(routingID, body) }
            if calls == before + 1 { answeredInPlace += 1 }
        }
        return limit
    }

    private func handle(_ routingID: [UInt8], _ body: [UInt8]) async {
        let answer = await transformed(body)
        calls += 1
        reply.append(routingID)
        reply.append(answer)
        _ = try? socket?.send(&reply)
    }

    /// Stands for a handler: async, and does not suspend.
    private func transformed(_ body: [UInt8]) async -> [UInt8] { body }

    func stop() {
        socket?.close()
        socket = nil
    }
}

/// A client as the transport will be: calls are continuations, answered when the socket is drained.
actor EchoClient: ThreadBound {
    nonisolated let thread: SocketThread
    private var socket: Socket?
    private var message = Multipart()
    private var waiting: [UInt64: CheckedContinuation<Void, Never>] = [:]
    private var nextID: UInt64 = 0
    private var connected: CheckedContinuation<Void, Never>?
    private var monitor: Monitor?

    init(thread: SocketThread) { self.thread = thread }

    /// Returns when the handshake is over.
    func connect(in context: Context, to address: Address) async throws {
        var options = SocketOptions.client
        options.sendHighWaterMark = 0
        options.receiveHighWaterMark = 0
        let socket = try Socket(.dealer, in: context, options: options)
        let monitor = try socket.monitor()
        self.socket = socket
        self.monitor = monitor
        thread.attach(socket) { [weak self] limit in self?.assumeIsolated { $0.drain(limit) } ?? 0 }
        thread.attach(monitor.socket) { [weak self] _ in self?.assumeIsolated { $0.drainMonitor() } ?? 0 }
        try socket.connect(address)
        await withCheckedContinuation { connected = $0 }
    }

    func call() async {
        guard let socket else { return }
        nextID += 1
        let id = nextID
        let result = try? socket.send(withUnsafeBytes(of: id) { Array($0) })
        precondition(result == .sent, "not connected")
        await withCheckedContinuation { waiting[id] = $0 }
    }

    private func drain(_ limit: Int) -> Int {
        guard let socket else { return 0 }
        for taken in 0..<limit {
            guard (try? socket.receive(into: &message)) == true else { return taken }
            let id = message.withBytes(at: 0) { $0.loadUnaligned(as: UInt64.self) }
            waiting.removeValue(forKey: id)?.resume()
        }
        return limit
    }

    private func drainMonitor() -> Int {
        var taken = 0
        while let event = try? monitor?.receive() {
            taken += 1
            if event.kind == .handshakeSucceeded { connected.take()?.resume() }
        }
        return taken
    }

    func stop() {
        monitor?.close()
        socket?.close()
        socket = nil
    }
}
