internal import Dispatch
internal import EventLoop
internal import Glibc
internal import Sockets
internal import Synchronization

/// The addresses of a host's name, looked up on a thread that may wait: a name server can take many seconds.
final class HostLookup {
    /// The state of both threads.
    private final class SharedState: Sendable {
        let addresses = Mutex<[SocketAddress]>([])
        let wakeUp: WakeUp

        init() throws(ZeroMQError) {
            do { wakeUp = try WakeUp() } catch { throw ZeroMQError(error) }
        }

        deinit { wakeUp.close() }
    }

    fileprivate static let queue = DispatchQueue(label: "host names", attributes: .concurrent)

    private let shared: SharedState
    private let thread: SocketThread
    private var registration: PollRegistration?

    /// - Parameter handler: called on the socket thread, unless the lookup is cancelled first; with no address if the
    /// name has none.
    init(
        _ host: String, port: UInt16, on thread: SocketThread, handler: @escaping ([SocketAddress]) -> Void
    ) throws(ZeroMQError) {
        let shared = try SharedState()
        self.shared = shared
        self.thread = thread
        registration = thread.attach(descriptor: shared.wakeUp.descriptor) { [unowned self] _ in
            cancel()
            handler(shared.addresses.withLock { $0 })
        }
        Self.queue.async {
            let found = try? SocketAddress.resolve(host, port: port, operation: "connect")
            shared.addresses.withLock { $0 = found ?? [] }
            shared.wakeUp.signal()
        }
    }

    deinit { cancel() }

    /// The handler is not called any more.
    func cancel() {
        guard let registration else { return }
        self.registration = nil
        thread.detach(registration)
    }
}

/// Names of hosts, as this system knows them.
public enum HostNames {
    /// True if this is an address of IPv4 or IPv6, or `*`, which need no name server.
    public static func isNumeric(_ host: String) -> Bool {
        host == "*" || (try? SocketAddress.resolve(host, port: 0, numeric: true, operation: "read")) != nil
    }

    /// The addresses that a name leads to, in digits, IPv6 in brackets. Names are resolved on a thread that may wait.
    ///
    /// - Throws: `ZeroMQError` `EADDRNOTAVAIL` with the resolver's reason.
    public static func addresses(of name: String) async throws -> [String] {
        try await withCheckedThrowingContinuation { continuation in
            HostLookup.queue.async {
                continuation.resume(
                    with: Result {
                        try SocketAddress.resolve(name, port: 0, operation: "resolve").compactMap(\.host)
                    })
            }
        }
    }
}
