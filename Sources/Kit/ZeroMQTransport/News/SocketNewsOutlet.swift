import RPC
import ZeroMQ

/// An outlet through libzmq: at `tcp://`, where CURVE guards it, and at `inproc://`.
final class SocketNewsOutlet: NewsOutlet {
    let address: Address
    private let socket: Socket
    private var message = Multipart()

    init(at address: Address, in context: Context, options: SocketOptions) throws(ZeroMQError) {
        socket = try Socket(.pub, in: context, options: options)
        self.address = try socket.bind(address)
    }

    func send(_ bulletin: Bulletin) {
        message.removeAll()
        bulletin.write(to: &message)
        // An error is the end of the context.
        _ = try? socket.send(&message)
    }

    func close() { socket.close() }
}
