import Testing
import ZeroMQ

/// Sends each message back.
actor Echo: ThreadBound {
    nonisolated let thread: SocketThread
    private var router: Router?

    init(on thread: SocketThread) {
        self.thread = thread
    }

    func listen(at address: Address, in context: Context) throws -> Address {
        let router = try Router(at: address, in: context, on: thread) { [weak self] event in
            self?.assumeIsolated { $0.receive(event) }
        }
        self.router = router
        return router.address
    }

    private func receive(_ event: SocketEvent) {
        guard case .message(let frames, from: let peer) = event else { return }
        _ = router?.send(Message(frames: (0..<frames.count).map { Array(frames[$0]) }), to: peer)
    }

    func close() { router?.close() }
}

struct Message: OutboundMessage {
    let frames: [[UInt8]]

    func writeFrames(_ write: (UnsafeRawBufferPointer, Bool) -> Void) {
        for (index, frame) in frames.enumerated() {
            frame.withUnsafeBytes { write($0, index == frames.count - 1) }
        }
    }
}

/// Sends one message once it is connected, and waits for the answer.
actor Visitor: ThreadBound {
    nonisolated let thread: SocketThread
    private var dealer: Dealer?
    private var answer: CheckedContinuation<[[UInt8]], Never>?

    init(on thread: SocketThread) {
        self.thread = thread
    }

    func request(_ message: Message, at address: Address, in context: Context) async throws -> [[UInt8]] {
        dealer = try Dealer(to: address, in: context, on: thread) { [weak self] event in
            self?.assumeIsolated { $0.receive(event, message) }
        }
        return await withCheckedContinuation { answer = $0 }
    }

    private func receive(_ event: SocketEvent, _ message: Message) {
        switch event {
        case .connected: _ = dealer?.send(message)
        case .message(let frames, from: _):
            answer?.resume(returning: (0..<frames.count).map { Array(frames[$0]) })
            answer = nil
        default: break
        }
    }

    func close() { dealer?.close() }
}

@Suite("Sockets of another package", .timeLimit(.minutes(1)))
struct EchoTests {
    @Test("send a message and receive it back")
    func echo() async throws {
        let context = try Context()
        let thread = try SocketThread(name: "echo")
        let (echo, visitor) = (Echo(on: thread), Visitor(on: thread))
        let address = try await echo.listen(at: try Address("tcp://127.0.0.1:*"), in: context)
        let answer = try await visitor.request(Message(frames: [Array("Ada".utf8), []]), at: address, in: context)
        #expect(answer == [Array("Ada".utf8), []])
        await visitor.close()
        await echo.close()
        await thread.shutdown()
        context.terminate()
    }
}
