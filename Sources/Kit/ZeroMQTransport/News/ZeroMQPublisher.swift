import Foundation
public import RPC
public import ZeroMQ

/// The sending side of news over ZeroMQ: a PUB socket for each address.
///
/// It never waits for a listener: one that reads too slowly is sent nothing more, and notices by the numbers.
public actor ZeroMQPublisher: NewsPublisher, ThreadBound {
    public nonisolated let thread: SocketThread

    private let context: Context
    private let addresses: [Address]
    private let security: SocketOptions.Security
    private var outlets: [any NewsOutlet] = []
    private var last: Bulletin?

    /// Bulletins that wait in libzmq for one listener.
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
            let outlet = try open(at: address)
            outlets.append(outlet)
            bound.append(outlet.address.description)
        }
        beatLater()
        return bound
    }

    private func open(at address: Address) throws(ZeroMQError) -> any NewsOutlet {
        if case .ipc(let path) = address.target {
            return try IPCNewsOutlet(at: path, address: address, on: thread)
        }
        var options = SocketOptions.server
        options.sendHighWaterMark = Self.highWaterMark
        if address.isTCP { options.security = security }
        return try SocketNewsOutlet(at: address, in: context, options: options)
    }

    public func publish(_ bulletin: Bulletin) {
        last = bulletin
        send(bulletin)
    }

    /// Sends the listeners away. What was published last has half a second to leave.
    public func stop() {
        for outlet in outlets { outlet.close() }
        outlets = []
    }

    private func send(_ bulletin: Bulletin) {
        for outlet in outlets { outlet.send(bulletin) }
    }

    private func beatLater() {
        _ = Deadlines.shared.schedule(at: .now + NewsFollower.beat) { [weak self] in
            Task { await self?.beat() }
        }
    }

    private func beat() {
        guard !outlets.isEmpty else { return }
        if let last { send(Bulletin(topic: last.topic, edition: last.edition)) }
        beatLater()
    }
}
