internal import EventLoop
internal import Glibc
internal import Sockets
internal import Synchronization

/// The names of `inproc://` in one context, and who listens at them.
final class InProcessNames: Sendable {
    private let listeners = Mutex<[String: InProcessListener.Backlog]>([:])

    /// - Returns: false if the name is taken.
    func add(_ backlog: InProcessListener.Backlog, as name: String) -> Bool {
        listeners.withLock { listeners in
            guard listeners[name] == nil else { return false }
            listeners[name] = backlog
            return true
        }
    }

    func remove(_ name: String) {
        listeners.withLock { $0[name] = nil }
    }

    /// Connects to whoever listens at a name.
    ///
    /// - Returns: a connected descriptor, or `nil` if no socket listens.
    func connect(to name: String) -> Int32? {
        listeners.withLock { listeners in
            guard let backlog = listeners[name], let (near, far) = StreamSocket.makePair() else { return nil }
            backlog.add(far)
            return near
        }
    }
}

/// The listening end of an `inproc://` name: a pair of connected sockets is made for each peer, and one of them put into its
/// backlog.
final class InProcessListener {
    /// Connections that wait to be accepted. Peers add them, from any thread.
    final class Backlog: Sendable {
        private let waiting = Mutex<[Int32]>([])
        private let wakeUp: WakeUp

        init() throws(ZeroMQError) {
            do { wakeUp = try WakeUp() } catch { throw ZeroMQError(error) }
        }

        deinit {
            for descriptor in waiting.withLock({ $0 }) { Glibc.close(descriptor) }
            wakeUp.close()
        }

        var descriptor: Int32 { wakeUp.descriptor }

        func add(_ descriptor: Int32) {
            waiting.withLock { $0.append(descriptor) }
            wakeUp.signal()
        }

        /// - Returns: `nil` if there is none; the next one signals anew.
        func next() -> Int32? {
            waiting.withLock { waiting in
                if waiting.isEmpty {
                    wakeUp.clear()
                    return nil
                }
                return waiting.removeFirst()
            }
        }
    }

    private let name: String
    private let names: InProcessNames
    private let backlog: Backlog

    init(_ name: String, in names: InProcessNames, operation: String) throws(ZeroMQError) {
        self.name = name
        self.names = names
        backlog = try Backlog()
        guard names.add(backlog, as: name) else { throw ZeroMQError(code: EADDRINUSE, operation: operation) }
    }

    var descriptor: Int32 { backlog.descriptor }

    func accept() -> StreamSocket.Acceptance { backlog.next().map { .connection($0) } ?? .none }

    func close() { names.remove(name) }
}
