import EventLoop
import ZMTP
import ZeroMQ

/// A bare DEALER socket, to see what really crosses the wire.
actor RawPeer: ThreadBound {
    private struct Message: OutboundMessage {
        let frames: [[UInt8]]

        func writeFrames(_ write: (UnsafeRawBufferPointer, Bool) -> Void) {
            for (index, frame) in frames.enumerated() {
                frame.withUnsafeBytes { write($0, index == frames.count - 1) }
            }
        }
    }

    nonisolated let thread: SocketThread
    private nonisolated let messages: AsyncStream<[[UInt8]]>
    private let arrived: AsyncStream<[[UInt8]]>.Continuation
    private var dealer: Dealer?
    /// What waits for the connection.
    private var unsent: [Message] = []
    private var isConnected = false

    init(to address: Address, in context: Context) async throws {
        thread = try SocketThread(name: "raw")
        (messages, arrived) = AsyncStream.makeStream()
        try connect(address, context)
    }

    private func connect(_ address: Address, _ context: Context) throws {
        dealer = try Dealer(to: address, in: context, on: thread) { [weak self] event in
            self?.assumeIsolated { $0.receive(event) }
        }
    }

    private func receive(_ event: SocketEvent) {
        switch event {
        case .connected:
            isConnected = true
            for message in unsent { _ = dealer?.send(message) }
            unsent = []
        case .message(let frames, from: _): arrived.yield((0..<frames.count).map { Array(frames[$0]) })
        case .writable, .disconnected, .refused, .unreachable, .restored: break
        }
    }

    func send(_ frames: [[UInt8]]) {
        let message = Message(frames: frames)
        if isConnected { _ = dealer?.send(message) } else { unsent.append(message) }
    }

    /// Waits for the next message.
    nonisolated func next() async -> [[UInt8]]? {
        for await message in messages { return message }
        return nil
    }

    func close() async {
        dealer?.close()
        await thread.shutdown()
    }
}
