import ZMTP
import ZeroMQ

/// A link over `ipc://`.
final class IPCLink: Link {
    private let dealer: IPCDealer

    init(
        to path: String, maxFrame: Int, on thread: SocketThread, handler: @escaping (LinkEvent) -> Void
    ) throws(ZeroMQError) {
        dealer = try IPCDealer(to: path, limits: .init(frame: maxFrame), on: thread) { event in
            switch event {
            case .ready: handler(.connected)
            case .message(let frames): handler(.message(frames))
            case .room: break
            case .ended: handler(.disconnected)
            }
        }
    }

    func send(_ message: Outgoing) -> Bool {
        dealer.send { message.write(to: &$0) } == .sent
    }

    func noticeRefusal() {}

    func close() { dealer.close() }
}
