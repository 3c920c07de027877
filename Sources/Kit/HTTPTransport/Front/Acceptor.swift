internal import EventLoop
import Glibc
import NIOCore
import NIOPosix
import RPC
import Sockets

/// Accepts the connections of a front, on a thread of its own, and gives each to an event loop once its first bytes have
/// come.
///
/// A loop that serves thousands of busy connections takes long to come round. So the loops have no part in accepting, and
/// a connection that begins with a health check is given to a loop that serves no others: a platform that waits too long
/// for the reply ends the service, just when it has most to do.
///
/// It and its thread live until it is closed.
actor Acceptor: ThreadBound {
    /// Sets up a channel, on its event loop.
    typealias Configure = @Sendable (any Channel, ConnectionRegistry.OpenConnection) throws -> Void

    private struct Listener {
        let descriptor: Int32
        let registration: PollRegistration
    }

    /// A connection that has sent nothing yet.
    private struct Newcomer {
        let number: ConnectionRegistry.ConnectionNumber
        let registration: PollRegistration
        let accepted: ContinuousClock.Instant
    }

    nonisolated let thread: SocketThread
    private let connections: ConnectionRegistry
    private let configure: Configure
    private var listeners: [Listener] = []
    private var newcomers: [Int32: Newcomer] = [:]
    private var newcomersTimer: ThreadTimer?
    private var pauseTimer: ThreadTimer?
    private var isPaused = false
    private var batch = 1

    /// The time after which a connection that sends nothing is given to an event loop all the same.
    private static let patience = Duration.milliseconds(20)
    /// The time after which it is checked again if there is room that has come from elsewhere in the process.
    private static let pause = Duration.milliseconds(100)
    /// The connections that are accepted at once if there is ample room.
    private static let maxBatch = 64
    private static let healthChecks = ["GET", "HEAD"].map { Array("\($0) \(HealthContract.pathPrefix)".utf8) }
    /// The event loop of the connections that begin with a health check, for all fronts of the process.
    private static let healthCheckLoop = MultiThreadedEventLoopGroup(numberOfThreads: 1)

    /// - Throws: ``SystemError`` if the system has no descriptor or no thread left.
    init(_ connections: ConnectionRegistry, _ configure: @escaping Configure) throws(SystemError) {
        self.connections = connections
        self.configure = configure
        thread = try SocketThread(name: "http")
        // Now, and not by the first connection, when the system may have no descriptor or no thread left.
        _ = (Self.healthCheckLoop, MultiThreadedEventLoopGroup.singleton)
    }

    /// Accepts what comes at a descriptor that listens, and closes it at the end.
    ///
    /// - Throws: ``SystemError`` if the system has no descriptor left; this one is closed then, too.
    func listen(at descriptor: Int32) throws(SystemError) {
        if pauseTimer == nil {
            do throws(SystemError) {
                newcomersTimer = try ThreadTimer(on: thread)
                pauseTimer = try ThreadTimer(on: thread)
            } catch {
                Glibc.close(descriptor)
                throw error
            }
            newcomersTimer?.handler = { [unowned self] in serveSilent() }
            pauseTimer?.handler = { [unowned self] in resume() }
        }
        let registration = thread.attach(descriptor: descriptor) { _ in self.accept(at: descriptor) }
        listeners.append(Listener(descriptor: descriptor, registration: registration))
    }

    /// Closes the descriptors that listen, and the connections that have not begun.
    func close() {
        for listener in listeners {
            thread.detach(listener.registration)
            Glibc.close(listener.descriptor)
        }
        listeners = []
        for descriptor in Array(newcomers.keys) {
            guard let newcomer = remove(descriptor) else { continue }
            connections.abandon(newcomer.number)
            Glibc.close(descriptor)
        }
        newcomersTimer?.cancel()
        pauseTimer?.cancel()
    }
}

// MARK: - Accepting

extension Acceptor {
    private func accept(at listener: Int32) {
        guard !isPaused else { return }
        for _ in 0..<batch {
            switch StreamSocket.accept(listener) {
            case .connection(let descriptor): add(descriptor)
            case .exhausted: return pause()
            case .none: return makeRoom()
            }
        }
        makeRoom()
    }

    /// At the limit, the connection that has been idle for longest makes room. If none is idle, the last one to come is kept
    /// as well, and those after it wait in the system.
    private func makeRoom() {
        let room = connections.room
        batch = room > Self.maxBatch * 2 ? Self.maxBatch : 1
        if room > 0 || (room == 0 && connections.hasIdle) { return setReading(true) }
        connections.closeLongestIdle()
        pause()
    }

    private func pause() {
        guard !isPaused else { return }
        isPaused = true
        setReading(false)
        connections.whenClosed(for: self) { [weak self] in
            Task { await self?.resume() }
        }
        pauseTimer?.set(after: Self.pause)
    }

    private func resume() {
        guard isPaused else { return }
        isPaused = false
        makeRoom()
    }

    private func setReading(_ isReading: Bool) {
        for listener in listeners { listener.registration.interest = isReading ? .readable : [] }
    }
}

// MARK: - First bytes

extension Acceptor {
    private func add(_ descriptor: Int32) {
        let number = connections.reserve()
        if let group = Self.group(byFirstBytesOf: descriptor) { return serve(descriptor, number, on: group) }
        let registration = thread.attach(descriptor: descriptor) { _ in self.serveNewcomer(descriptor) }
        if newcomers.isEmpty { newcomersTimer?.set(after: Self.patience) }
        newcomers[descriptor] = Newcomer(number: number, registration: registration, accepted: .now)
    }

    /// The event loops for a connection; `nil` while it has sent nothing.
    private static func group(byFirstBytesOf descriptor: Int32) -> MultiThreadedEventLoopGroup? {
        withUnsafeTemporaryAllocation(byteCount: 16, alignment: 1) { buffer in
            let count = recv(descriptor, buffer.baseAddress, buffer.count, Int32(MSG_PEEK))
            guard count >= 0 || errno != EAGAIN else { return nil }
            let bytes = buffer.prefix(max(count, 0))
            return healthChecks.contains(where: bytes.starts) ? healthCheckLoop : .singleton
        }
    }

    private func serveNewcomer(_ descriptor: Int32) {
        guard let newcomer = remove(descriptor) else { return }
        serve(descriptor, newcomer.number, on: Self.group(byFirstBytesOf: descriptor) ?? .singleton)
    }

    private func remove(_ descriptor: Int32) -> Newcomer? {
        guard let newcomer = newcomers.removeValue(forKey: descriptor) else { return nil }
        thread.detach(newcomer.registration)
        return newcomer
    }

    private func serveSilent() {
        let now = ContinuousClock.now
        for (descriptor, newcomer) in newcomers where newcomer.accepted + Self.patience <= now {
            serveNewcomer(descriptor)
        }
        if !newcomers.isEmpty { newcomersTimer?.set(after: Self.patience / 2) }
    }

    private func serve(
        _ descriptor: Int32, _ number: ConnectionRegistry.ConnectionNumber, on group: MultiThreadedEventLoopGroup
    ) {
        let (connections, configure) = (connections, configure)
        ClientBootstrap(group: group)
            .channelOption(.allowRemoteHalfClosure, value: true)
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture { try configure(channel, connections.add(channel, as: number)) }
            }
            .withConnectedSocket(descriptor)
            .whenFailure { _ in connections.abandon(number) }
    }
}
