import RPC
import ZMTP
import ZeroMQ

/// An outlet at `ipc://`. It goes on where the process has no descriptor left: whoever connects then, waits.
final class IPCNewsOutlet: NewsOutlet {
    let address: Address
    private let router: IPCRouter

    /// Of a listener's frames. All it has to say is what it is, and what it wants.
    private static let maxFrame = 4096

    init(at path: String, address: Address, on thread: SocketThread) throws(ZeroMQError) {
        self.address = address
        router = try IPCRouter(
            as: .pub, at: path, backlog: SocketOptions.server.backlog, limits: .init(frame: Self.maxFrame), on: thread
        ) { _, _ in }
    }

    func send(_ bulletin: Bulletin) {
        router.publish(bulletin.topic) { bulletin.write(to: &$0) }
    }

    func close() { router.close() }
}
