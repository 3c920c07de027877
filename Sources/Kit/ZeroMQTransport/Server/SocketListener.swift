import ZMTP
import ZeroMQ

/// A listener through libzmq: at `tcp://`, where CURVE guards it, and at `inproc://`.
final class SocketListener: Listener {
    let address: Address
    private let socket: Socket
    private let monitor: Monitor
    private let handler: (ListenerEvent) -> Void
    private var outgoing = Multipart()
    private var frames = Frames()

    init(
        at address: Address, in context: Context, options: SocketOptions, on thread: SocketThread,
        handler: @escaping (ListenerEvent) -> Void
    ) throws(ZeroMQError) {
        self.handler = handler
        socket = try Socket(.router, in: context, options: options)
        monitor = try socket.monitor()
        self.address = try socket.bind(address)
        thread.attach(socket) { [weak self] limit in self?.receive(limit: limit) ?? 0 }
        thread.attach(monitor.socket) { [weak self] _ in self?.watch() ?? 0 }
    }

    func send(_ message: Outgoing, to path: ReturnPath) -> SendResult {
        guard case .routingID(let routingID) = path.peer.name else { return .unreachable }
        outgoing.removeAll()
        outgoing.append(routingID)
        for frame in path.envelope { outgoing.append(frame) }
        message.write(to: &outgoing)
        // An error is the end of the context or of the socket.
        return (try? socket.send(&outgoing)) ?? .unreachable
    }

    func close() {
        socket.close()
        monitor.close()
    }

    private func receive(limit: Int) -> Int {
        // The routing id comes on top.
        var message = Multipart(limit: Frames.limit + 1)
        var count = 0
        // The context's end is the only error, and the thread closes the socket then.
        while count < limit, (try? socket.receive(into: &message)) == true {
            count += 1
            message.lend(to: &frames, from: 1)
            handler(.message(frames, .routingID(message.bytes(at: 0))))
        }
        return count
    }

    private func watch() -> Int {
        var count = 0
        while let event = try? monitor.receive() {
            count += 1
            if event.kind == .disconnected { handler(.someGone) }
        }
        return count
    }
}
