import ZeroMQ

/// A bare DEALER socket, to see what really crosses the wire.
actor RawPeer: ThreadBound {
    nonisolated let thread: SocketThread
    private nonisolated let messages: AsyncStream<[[UInt8]]>
    private let arrived: AsyncStream<[[UInt8]]>.Continuation
    private var socket: Socket?

    init(to address: Address, in context: Context) async throws {
        thread = try SocketThread(name: "raw")
        (messages, arrived) = AsyncStream.makeStream()
        try connect(address, context)
    }

    private func connect(_ address: Address, _ context: Context) throws {
        var options = SocketOptions.client
        // What is sent before there is a connection waits for it.
        options.immediate = false
        let socket = try Socket(.dealer, in: context, options: options)
        self.socket = socket
        thread.attach(socket) { [weak self] limit in self?.assumeIsolated { $0.receive(limit) } ?? 0 }
        try socket.connect(address)
    }

    private func receive(_ limit: Int) -> Int {
        var message = Multipart()
        var count = 0
        while count < limit, (try? socket?.receive(into: &message)) == true {
            count += 1
            arrived.yield((0..<message.count).map { message.bytes(at: $0) })
        }
        return count
    }

    func send(_ frames: [[UInt8]]) throws {
        var message = Multipart()
        for frame in frames { message.append(frame) }
        _ = try socket?.send(&message)
    }

    /// Waits for the next message.
    nonisolated func next() async -> [[UInt8]]? {
        for await message in messages { return message }
        return nil
    }

    nonisolated func close() async { await thread.shutdown() }
}
