import Foundation
public import RPC
public import ZeroMQ

/// The sending side of news over ZeroMQ: a PUB socket for each address.
///
/// It never waits for a listener: to one that reads too slowly libzmq sends nothing more, and that one notices by the
/// numbers.
public actor ZeroMQPublisher: NewsPublisher, ThreadBound {
    public nonisolated let thread: SocketThread

    private let context: Context
    private let addresses: [Address]
    private let security: SocketOptions.Security
    private var sockets: [Socket] = []
    private var last: Bulletin?
    private var message = Multipart()

    /// Bulletins that wait for one listener.
    private static let highWaterMark = 1000

    /// - Parameters:
    ///   - thread: that of the service whose news it is.
    ///   - security: for `tcp://` addresses; on the others the file system and the process are the wall.
    public init(
        on thread: SocketThread, context: Context, addresses: [Address], security: SocketOptions.Security = .none
    ) {
        self.thread = thread
        self.context = context
        self.addresses = addresses
        self.security = security
    }

    isolated deinit { stop() }

    /// Lets listeners connect.
    ///
    /// - Returns: the addresses, with the real port where any was asked for.
    /// - Throws: `ZeroMQError` that names the address which is taken or cannot be bound.
    public func start() throws(ZeroMQError) -> [String] {
        var bound: [String] = []
        for address in addresses {
            var options = SocketOptions.server
            options.sendHighWaterMark = Self.highWaterMark
            if address.isTCP { options.security = security }
            let socket = try Socket(.pub, in: context, options: options)
            bound.append(try socket.bind(address).description)
            sockets.append(socket)
        }
        beatLater()
        return bound
    }

    public func publish(_ bulletin: Bulletin) {
        last = bulletin
        send(bulletin)
    }

    /// Closes the sockets. What was published last has half a second to leave.
    public func stop() {
        for socket in sockets { socket.close() }
        sockets = []
    }

    private func send(_ bulletin: Bulletin) {
        for socket in sockets {
            message.removeAll()
            bulletin.write(to: &message)
            // An error is the end of the context.
            _ = try? socket.send(&message)
        }
    }

    private func beatLater() {
        _ = Deadlines.shared.schedule(at: .now + NewsFollower.beat) { [weak self] in
            Task { await self?.beat() }
        }
    }

    private func beat() {
        guard !sockets.isEmpty else { return }
        if let last { send(Bulletin(topic: last.topic, edition: last.edition)) }
        beatLater()
    }
}
