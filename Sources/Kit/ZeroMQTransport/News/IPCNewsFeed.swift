import RPC
import ZMTP
import ZeroMQ

/// A feed over `ipc://`.
final class IPCNewsFeed: NewsFeed {
    private let topic: String
    private let handler: (Bulletin) -> Void
    private var dealer: IPCDealer?

    init(
        of topic: String, from path: String, on thread: SocketThread, handler: @escaping (Bulletin) -> Void
    ) throws(ZeroMQError) {
        self.topic = topic
        self.handler = handler
        dealer = try IPCDealer(as: .sub, to: path, limits: .init(frame: Bulletin.maxFrame), on: thread) {
            [unowned self] event in take(event)
        }
    }

    func close() {
        dealer?.close()
        dealer = nil
    }

    private func take(_ event: IPCConnection.Event) {
        switch event {
        case .ready: _ = dealer?.send { $0.append(subscription: Array(topic.utf8)) }
        case .message(let frames): if let bulletin = Bulletin(frames) { handler(bulletin) }
        case .room, .ended: break
        }
    }
}
