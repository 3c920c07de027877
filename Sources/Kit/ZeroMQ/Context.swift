internal import CZeroMQ
internal import Glibc
internal import Synchronization
internal import ZMTP

/// libzmq's I/O threads and the name space of `inproc://`. A process uses one.
///
/// One, because `inproc://` names and the ZAP handler are per context, and because libzmq 4.3.4 may crash other contexts
/// when the last user of its random source goes (bcb659e0). Sockets keep their context alive; the last reference to go
/// terminates it.
public final class Context: Sendable {
    private enum State: @unchecked Sendable {  // the pointer is libzmq's context, which is thread-safe by its contract
        case open(UnsafeMutableRawPointer)
        case terminated
    }

    /// The implementation of ZMTP on its sockets' wires.
    public let engine: Engine
    private let state: Mutex<State>
    /// Those that sockets of this package listen at; libzmq's own `inproc://` names are apart from them.
    let inProcess = InProcessNames()
    /// The keys that may connect to sockets of this package with CURVE.
    private let allowed = Mutex<AllowList?>(nil)
    private let refused = Mutex<RefusedPeer?>(nil)

    /// - Parameters:
    ///   - engine: the implementation of ZMTP on its sockets' wires.
    ///   - ioThreads: one is enough below some gigabytes a second.
    ///   - maxSockets: a monitor costs two sockets, a connection costs none.
    /// - Throws: `ZeroMQError`, `EINVAL` for numbers that libzmq refuses, `EMFILE` without descriptors.
    public init(engine: Engine = .builtIn, ioThreads: Int = 1, maxSockets: Int = 4096) throws(ZeroMQError) {
        self.engine = engine
        guard let handle = zmq_ctx_new() else { throw .last("make a context") }
        state = Mutex(.open(handle))
        for (option, value) in [(ZMQ_IO_THREADS, ioThreads), (ZMQ_MAX_SOCKETS, maxSockets)] {
            guard zmq_ctx_set(handle, option, Int32(clamping: value)) == 0 else {
                throw .last("set context option \(option) to \(value)")
            }
        }
    }

    deinit { terminate() }

    /// Sets the keys that may connect with CURVE from now on, from any thread. Before that, and with `nil`, none may.
    /// libzmq asks a ``ZAPHandler`` for them.
    public func admit(_ list: AllowList?) {
        allowed.withLock { $0 = list }
    }

    /// The name of whoever has a key; `nil` if it may not connect.
    func admittedName(of key: [UInt8], in domain: String) -> String? {
        guard let key = try? CurvePublicKey(bytes: key) else { return nil }
        return allowed.withLock { $0?.name(of: key, in: domain) }
    }

    /// The last one that a ``ZAPHandler`` has not admitted: libzmq's sockets report that they have refused somebody, and not whom.
    var lastRefused: RefusedPeer? {
        get { refused.withLock { $0 } }
        set { refused.withLock { $0 = newValue } }
    }

    /// Within a process there is nothing for libzmq to do better.
    func engine(for address: Address) -> Engine {
        if case .inproc = address.target { .builtIn } else { engine }
    }

    /// Ends the context, from any thread; a second call returns at once.
    ///
    /// Every blocking or later operation on its sockets throws `ETERM`. Socket threads close the sockets attached to them;
    /// whoever else owns a socket must close it, because this call **waits until all are closed** and their linger is over.
    public func terminate() {
        let handle: UnsafeMutableRawPointer? = state.withLock { state in
            guard case .open(let handle) = state else { return nil }
            state = .terminated
            return handle
        }
        guard let handle else { return }
        zmq_ctx_shutdown(handle)
        while zmq_ctx_term(handle) != 0, zmq_errno() == EINTR {}
    }

    /// A new libzmq socket. Throws `ETERM` after `terminate()`, `EMFILE` when the limit of sockets is reached.
    func makeSocket(_ type: Int32, operation: String) throws(ZeroMQError) -> UnsafeMutableRawPointer {
        let (socket, code): (UncheckedPointer?, Int32) = state.withLock { state in
            guard case .open(let handle) = state else { return (nil, ZeroMQError.terminated) }
            guard let socket = zmq_socket(handle, type) else { return (nil, zmq_errno()) }
            return (UncheckedPointer(value: socket), 0)
        }
        guard let socket else { throw ZeroMQError(code: code, operation: operation) }
        return socket.value
    }

    /// Carries a fresh pointer, not shared yet, out of the lock.
    private struct UncheckedPointer: @unchecked Sendable {
        let value: UnsafeMutableRawPointer
    }
}

extension Curve {
    /// - Returns: `nil` for connections in clear.
    init?(_ security: SocketOptions.Security, in context: Context) {
        switch security {
        case .none: return nil
        case .curveServer(let secretKey, let domain):
            self = .server(secretKey: secretKey.bytes) { key in context.admittedName(of: key, in: domain) }
        case .curveClient(let keys, let serverKey):
            self = .client(
                publicKey: keys.publicKey.bytes, secretKey: keys.secretKey.bytes, serverKey: serverKey.bytes)
        }
    }
}
