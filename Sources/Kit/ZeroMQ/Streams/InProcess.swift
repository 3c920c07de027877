internal import Glibc
internal import Synchronization

/// The names of `inproc://` in one context, and who listens at them.
final class InProcessNames: Sendable {
    private let listeners = Mutex<[String: InProcessListener.Door]>([:])

    /// - Returns: false if the name is taken.
    func add(_ door: InProcessListener.Door, as name: String) -> Bool {
        listeners.withLock { listeners in
            guard listeners[name] == nil else { return false }
            listeners[name] = door
            return true
        }
    }

    func remove(_ name: String) {
        listeners.withLock { $0[name] = nil }
    }

    /// Connects to whoever listens at a name.
    ///
    /// - Returns: a connected descriptor, or `nil` if nobody listens.
    func connect(to name: String) -> Int32? {
        listeners.withLock { listeners in
            guard let door = listeners[name], let (near, far) = StreamSocket.makePair() else { return nil }
            door.bring(far)
            return near
        }
    }
}

/// The listening end of an `inproc://` name: a pair of connected sockets is made for each peer, and one of them brought here.
final class InProcessListener {
    /// Peers bring their connections here, from any thread.
    final class Door: Sendable {
        private let arrived = Mutex<[Int32]>([])
        private let wakeUp: WakeUp

        init() throws(ZeroMQError) { wakeUp = try WakeUp() }

        deinit {
            for descriptor in arrived.withLock({ $0 }) { Glibc.close(descriptor) }
            wakeUp.close()
        }

        var descriptor: Int32 { wakeUp.descriptor }

        func bring(_ descriptor: Int32) {
            arrived.withLock { $0.append(descriptor) }
            wakeUp.signal()
        }

        /// - Returns: `nil` if nobody is there; whoever comes then signals anew.
        func take() -> Int32? {
            arrived.withLock { arrived in
                if arrived.isEmpty {
                    wakeUp.clear()
                    return nil
                }
                return arrived.removeFirst()
            }
        }
    }

    private let name: String
    private let names: InProcessNames
    private let door: Door

    init(_ name: String, in names: InProcessNames, operation: String) throws(ZeroMQError) {
        self.name = name
        self.names = names
        door = try Door()
        guard names.add(door, as: name) else { throw ZeroMQError(code: EADDRINUSE, operation: operation) }
    }

    var descriptor: Int32 { door.descriptor }

    func accept() -> Int32 {
        if let descriptor = door.take() { return descriptor }
        errno = EAGAIN
        return -1
    }

    func close() { names.remove(name) }
}
