import EventLoop
import RawZMTP
import Waiting
import ZMTP
import ZeroMQ

/// A bare DEALER socket, to see what really crosses the wire.
actor RawPeer: ThreadBound {
    nonisolated let thread: SocketThread
    private nonisolated let arrived = Signal<[[UInt8]]>()
    private var dealer: Dealer?
    /// The messages that wait for the connection.
    private var unsent: [FrameList] = []
    private var isConnected = false

    init(to address: Address, in context: Context) async throws {
        thread = try SocketThread(name: "raw")
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
        case .message(let frames, from: _): arrived.send((0..<frames.count).map { Array(frames[$0]) })
        case .writable, .disconnected, .refused, .violation, .unreachable, .restored: break
        }
    }

    func send(_ frames: [[UInt8]]) {
        let message = FrameList(frames)
        if isConnected { _ = dealer?.send(message) } else { unsent.append(message) }
    }

    /// Waits for the next message.
    nonisolated func next() async -> [[UInt8]]? { await arrived.next() }

    func close() async {
        dealer?.close()
        await thread.shutdown()
    }
}
