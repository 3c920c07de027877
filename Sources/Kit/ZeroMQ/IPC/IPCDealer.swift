package import ZMTP

/// A DEALER, or a SUB, with one peer, at a path of the file system: what `Socket(.dealer)` is over `ipc://`, without libzmq's
/// I/O thread. It connects by itself, again and again; what was not written when a connection ended is lost with it.
package final class IPCDealer {
    private let role: Session.Role
    private let path: String
    private let limits: Session.Limits
    private let thread: SocketThread
    private let handler: (IPCConnection.Event) -> Void
    private var connection: IPCConnection?
    /// Rings when it is time to try again, or when a handshake has taken too long.
    private var alarm: Alarm?
    private var pause = shortestPause

    private static let highWaterMark = 64 * 1024 * 1024
    private static let shortestPause = Duration.milliseconds(20)
    private static let longestPause = Duration.seconds(2)

    /// Begins to connect, from the thread only. A peer that is not there yet is no error.
    ///
    /// - Parameter role: `dealer` or `sub`. A SUB hears nothing before it has said, after each `ready`, what it wants.
    /// - Throws: `ZeroMQError` `EMFILE` where the system has no descriptor left.
    package init(
        as role: Session.Role = .dealer, to path: String, limits: Session.Limits, on thread: SocketThread,
        handler: @escaping (IPCConnection.Event) -> Void
    ) throws(ZeroMQError) {
        self.role = role
        self.path = path
        self.limits = limits
        self.thread = thread
        self.handler = handler
        alarm = try Alarm(on: thread) { [unowned self] in ring() }
        connect()
    }

    deinit { close() }

    package func send(_ write: (inout FrameWriter) -> Void) -> SendResult {
        connection?.send(write) ?? .unreachable
    }

    /// Writes what the system takes at once, and lets go of the connection without an event.
    package func close() {
        alarm?.cancel()
        connection?.finish(by: .now)
        connection = nil
    }

    private func connect() {
        guard let descriptor = UnixSocket.connected(to: path) else { return tryLater() }
        connection = IPCConnection(
            descriptor, as: role, limits: limits, highWaterMark: Self.highWaterMark, on: thread
        ) { [unowned self] _, event in
            take(event)
        }
        alarm?.set(after: IPCRouter.handshakeTime)
    }

    private func take(_ event: IPCConnection.Event) {
        switch event {
        case .ready:
            alarm?.callOff()
            pause = Self.shortestPause
        case .message, .room: break
        case .ended:
            connection = nil
            tryLater()
        }
        handler(event)
    }

    private func ring() {
        connection?.close()
        connection = nil
        connect()
    }

    private func tryLater() {
        // Callers that all lost one server do not all come back in the same moment.
        alarm?.set(after: pause * Double.random(in: 0.5...1))
        pause = min(pause * 2, Self.longestPause)
    }
}
