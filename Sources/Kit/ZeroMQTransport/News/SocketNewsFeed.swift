import RPC
import ZMTP
import ZeroMQ

/// A feed through libzmq: over `tcp://`, where CURVE guards it, and over `inproc://`.
final class SocketNewsFeed: NewsFeed {
    private let socket: Socket
    private let handler: (Bulletin) -> Void
    private var frames = Frames()

    init(
        of topic: String, from address: Address, in context: Context, options: SocketOptions, on thread: SocketThread,
        handler: @escaping (Bulletin) -> Void
    ) throws(ZeroMQError) {
        self.handler = handler
        socket = try Socket(.sub, in: context, options: options)
        try socket.subscribe(to: Array(topic.utf8))
        thread.attach(socket) { [weak self] limit in self?.receive(limit: limit) ?? 0 }
        try socket.connect(address)
    }

    deinit { close() }

    func close() { socket.close() }

    /// Takes the bulletins that have come.
    ///
    /// - Returns: how many.
    private func receive(limit: Int) -> Int {
        var message = Multipart()
        var count = 0
        // The context's end is the only error, and the thread closes the socket then.
        while count < limit, (try? socket.receive(into: &message)) == true {
            count += 1
            message.lend(to: &frames)
            if let bulletin = Bulletin(frames) { handler(bulletin) }
        }
        return count
    }
}
