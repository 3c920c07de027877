internal import EventLoop
internal import Glibc
internal import Sockets
internal import ZMTP

/// A DEALER or a SUB with one peer, with the ZMTP of this package. It connects by itself, again and again, and resolves the
/// host anew each time; what was not written when a connection ended is lost with it.
final class StreamConnector {
    private enum State {
        /// The timer begins the next attempt.
        case waiting
        case resolving(HostLookup)
        case connecting(ConnectAttempt)
        case connected(StreamConnection)
        case closed
    }

    /// An attempt to connect, which is over when the descriptor is writable or the timer fires.
    private struct ConnectAttempt {
        let descriptor: Int32
        let registration: PollRegistration
        /// The addresses to try after this one.
        let rest: ArraySlice<SocketAddress>
    }

    private let role: ZMTPSession.SocketRole
    private let address: Address
    private let prefix: [UInt8]
    private let names: InProcessNames
    private let options: SocketOptions
    private let settings: StreamConnection.ConnectionSettings
    private let thread: SocketThread
    private let timer: ThreadTimer
    private let handler: (SocketEvent) -> Void
    private var state = State.waiting
    private var pause: Duration

    private static let highWaterMark = 64 * 1024 * 1024

    /// Begins to connect, from the thread only. A peer that is not there yet is no error.
    ///
    /// - Parameters:
    ///   - role: `dealer` or `sub`.
    ///   - prefix: of the topics that a SUB wants.
    /// - Throws: `ZeroMQError` `EMFILE` if the system has no descriptor left, `EINVAL` for a wildcard port or host.
    init(
        as role: ZMTPSession.SocketRole, to address: Address, prefix: String, in context: Context,
        options: SocketOptions, on thread: SocketThread, handler: @escaping (SocketEvent) -> Void
    ) throws(ZeroMQError) {
        guard address.isConnectable else {
            throw ZeroMQError(code: EINVAL, operation: "connect \(address)", reason: "a wildcard can only be bound")
        }
        self.role = role
        self.address = address
        self.prefix = Array(prefix.utf8)
        names = context.inProcess
        self.options = options
        self.thread = thread
        self.handler = handler
        settings = StreamConnection.ConnectionSettings(
            options, for: address, in: context, highWaterMark: Self.highWaterMark)
        pause = options.reconnectInterval
        do {
            timer = try ThreadTimer(on: thread)
        } catch {
            throw ZeroMQError(error)
        }
        timer.handler = { [unowned self] in timerFired() }
        connect()
    }

    deinit { close() }

    func send(_ write: (inout FrameWriter) -> Void) -> SendResult {
        guard case .connected(let connection) = state else { return .unreachable }
        return connection.send(write)
    }

    /// Writes what the system accepts at once, and closes the connection without an event.
    func close() {
        timer.cancel()
        abandon()?.finish(by: .now)
        state = .closed
    }

    /// Writes what the system accepts at once, closes the connection over a network without an event, and connects again.
    func renew() {
        guard address.isTCP, case .connected = state else { return }
        abandon()?.finish(by: .now)
        connect()
    }

    /// Abandons what is under way.
    ///
    /// - Returns: the connection, if there is one.
    private func abandon() -> StreamConnection? {
        defer { state = .waiting }
        switch state {
        case .waiting, .closed: return nil
        case .resolving(let lookup): lookup.cancel()
        case .connecting(let attempt):
            thread.detach(attempt.registration)
            Glibc.close(attempt.descriptor)
        case .connected(let connection): return connection
        }
        return nil
    }
}

// MARK: - Connecting

extension StreamConnector {
    private func connect() {
        switch address.target {
        case .ipc(let path): begin(at: [SocketAddress(path: path)])
        case .inproc(let name):
            guard let descriptor = names.connect(to: name) else { return tryLater() }
            open(descriptor)
        case .tcp(let host, let port):
            // An address in digits needs no lookup.
            if let addresses = try? SocketAddress.resolve(host, port: port, numeric: true, operation: "connect") {
                return begin(at: addresses[...])
            }
            let lookup = try? HostLookup(host, port: port, on: thread) { [unowned self] in begin(at: $0[...]) }
            guard let lookup else { return tryLater() }
            state = .resolving(lookup)
        }
    }

    /// Tries these addresses in turn.
    private func begin(at addresses: ArraySlice<SocketAddress>) {
        var rest = addresses
        while let next = rest.popFirst() {
            guard let descriptor = connect(to: next) else { continue }
            guard address.isTCP else { return open(descriptor) }
            StreamSocket.configureTCP(descriptor, options)
            let registration = thread.attach(descriptor: descriptor, for: .writable) { [unowned self] _ in attempted() }
            state = .connecting(ConnectAttempt(descriptor: descriptor, registration: registration, rest: rest))
            timer.set(after: options.connectTimeout)
            return
        }
        tryLater()
    }

    /// - Returns: `nil` if that has failed. It will be tried again: nothing may be there yet.
    private func connect(to address: SocketAddress) -> Int32? {
        do throws(SystemError) {
            return try StreamSocket.connect(to: address)
        } catch {
            if [EACCES, EPERM].contains(error.code) { handler(.refused(Refusal(bySystem: error.code))) }
            return nil
        }
    }

    /// The attempt has an outcome.
    private func attempted() {
        guard case .connecting(let attempt) = state else { return }
        guard StreamSocket.isConnected(attempt.descriptor) else { return tryNext(after: attempt) }
        thread.detach(attempt.registration)
        open(attempt.descriptor)
    }

    private func tryNext(after attempt: ConnectAttempt) {
        _ = abandon()
        begin(at: attempt.rest)
    }

    private func open(_ descriptor: Int32) {
        state = .connected(
            StreamConnection(descriptor, as: role, with: .server, settings, timer, on: thread) { [unowned self] in
                receive($0)
            })
    }

    private func receive(_ event: SocketEvent) {
        switch event {
        case .connected:
            pause = options.reconnectInterval
            if role == .sub { _ = send { $0.append(subscription: prefix) } }
        case .disconnected:
            _ = abandon()
            tryLater()
        case .message, .writable, .refused, .violation, .unreachable, .restored: break
        }
        handler(event)
    }

    private func tryLater() {
        state = .waiting
        // Callers that all lost one server do not all come back at the same instant.
        timer.set(after: pause * Double.random(in: 0.5...1))
        pause = min(pause * 2, options.reconnectMaximum)
    }

    private func timerFired() {
        switch state {
        case .waiting: connect()
        case .connecting(let attempt): tryNext(after: attempt)
        case .connected(let connection): connection.check(at: .now)
        case .resolving, .closed: break
        }
    }
}
