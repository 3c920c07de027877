import ZMTP
import ZeroMQ

/// A listener at `ipc://`.
final class IPCFrontListener: Listener {
    let address: Address
    private let router: IPCRouter

    init(
        at path: String, address: Address, maxFrame: Int, on thread: SocketThread,
        handler: @escaping (ListenerEvent) -> Void
    ) throws(ZeroMQError) {
        self.address = address
        router = try IPCRouter(
            at: path, backlog: SocketOptions.server.backlog, limits: .init(frame: maxFrame), on: thread
        ) { number, event in
            switch event {
            case .ready: break
            case .message(let frames): handler(.message(frames, .number(number)))
            case .room: handler(.room(.number(number)))
            case .ended: handler(.gone(.number(number)))
            }
        }
    }

    func send(_ message: Outgoing, to path: ReturnPath) -> SendResult {
        guard case .number(let number) = path.peer.name else { return .unreachable }
        return router.send(to: number) { writer in
            for frame in path.envelope { frame.withUnsafeBytes { writer.append(frame: $0, isLast: false) } }
            message.write(to: &writer)
        }
    }

    func close() { router.close() }
}
