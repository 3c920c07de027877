public import EventLoop
import Foundation
public import RPC
public import ZeroMQ

/// The sending side of events over ZeroMQ: a PUB socket for each address.
///
/// It never waits for a subscriber: one that reads too slowly is sent nothing more, and notices by the sequence numbers.
public actor ZeroMQPublisher: EventPublisher, ThreadBound {
    /// The thread that owns its socket.
    public nonisolated let thread: SocketThread

    private let context: Context
    private let addresses: [Address]
    private let security: SocketOptions.Security
    private var sockets: [Publisher] = []
    private var last: Event?
    private var log: SparseLog

    /// - Parameters:
    ///   - thread: that of the service whose events they are.
    ///   - security: for `tcp://` addresses; on the others file permissions guard the access.
    public init(
        on thread: SocketThread, context: Context, addresses: [Address], security: SocketOptions.Security = .none
    ) {
        self.thread = thread
        self.context = context
        self.addresses = addresses
        self.security = security
        log = SparseLog("events", of: thread.name)
    }

    isolated deinit { stop() }

    /// Lets subscribers connect.
    ///
    /// - Returns: the addresses, with the real port if port 0 was requested.
    /// - Throws: `ZeroMQError` that names the address which is taken or cannot be bound.
    public func start() throws(ZeroMQError) -> [String] {
        var bound: [String] = []
        for address in addresses {
            let socket = try open(at: address)
            sockets.append(socket)
            bound.append(socket.address.description)
        }
        scheduleHeartbeat()
        return bound
    }

    private func open(at address: Address) throws(ZeroMQError) -> Publisher {
        var options = SocketOptions.server
        options.security = security
        return try Publisher(at: address, in: context, options: options, on: thread) { [weak self] event in
            self?.assumeIsolated { $0.log.warn(of: event) }
        }
    }

    public func publish(_ event: Event) {
        last = event
        send(event)
    }

    /// Disconnects the subscribers. What was published last has half a second to be sent.
    public func stop() {
        for socket in sockets { socket.close() }
        sockets = []
    }

    private func send(_ event: Event) {
        for socket in sockets { socket.publish(OutboundEvent(event: event), topic: event.topic) }
    }

    private func scheduleHeartbeat() {
        _ = TimerQueue.shared.schedule(at: .now + SubscriptionMonitor.heartbeatInterval) { [weak self] in
            Task { await self?.sendHeartbeat() }
        }
    }

    private func sendHeartbeat() {
        guard !sockets.isEmpty else { return }
        if let last { send(Event(topic: last.topic, position: last.position)) }
        scheduleHeartbeat()
    }
}
