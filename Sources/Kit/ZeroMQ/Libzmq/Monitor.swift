internal import CZeroMQ
internal import Synchronization

/// The events of one socket's connections, read on the thread that owns the socket.
///
/// Attach `socket` to the same `SocketThread` and call `receive()` until it is nil. The queue has no limit, because libzmq's
/// I/O thread would wait for room in it: read it. It ends with its last reference, or with the socket it watches.
public final class Monitor {
    /// The PAIR socket to attach or to wait on.
    public let socket: Socket
    private var message = Multipart(limit: 2)

    private static let serial = Atomic<UInt64>(0)

    fileprivate init(of watched: Socket) throws(ZeroMQError) {
        let number = Self.serial.wrappingAdd(1, ordering: .relaxed).newValue
        let address = Address(known: .inproc(name: "monitor-\(number)"))
        var options = SocketOptions()
        options.receiveHighWaterMark = 0
        options.maxMessageSize = nil
        socket = try Socket(.pair, in: watched.context, options: options)
        try watched.startMonitoring(number, at: address)
        socket.willClose = { [weak watched] in watched?.stopMonitoring(number) }
        try socket.connect(address)
    }

    deinit { close() }

    /// The next event, or nil when there is none now.
    /// - Throws: `ZeroMQError`: `ETERM`, `ENOTSOCK`.
    public func receive() throws(ZeroMQError) -> MonitorEvent? {
        guard try socket.receive(into: &message) else { return nil }
        guard message.count == 2, message.size(at: 0) == 6 else { return nil }
        let (number, value) = message.withBytes(at: 0) { bytes in
            (
                bytes.loadUnaligned(as: UInt16.self),
                bytes.loadUnaligned(fromByteOffset: 2, as: UInt32.self)
            )
        }
        return MonitorEvent(kind: MonitorEvent.EventType(number: number), value: value, address: message.text(at: 1))
    }

    /// Ends the events; the watched socket lives on.
    public func close() { socket.close() }
}

extension Socket {
    /// Begins to watch this socket's connections; call it before bind or connect to miss nothing. A socket has one monitor:
    /// a second call replaces the first, which then yields `monitorStopped`.
    /// - Throws: `ZeroMQError`: `ETERM`, `ENOTSOCK`, `EMFILE` at the context's limit of sockets.
    public func monitor() throws(ZeroMQError) -> Monitor { try Monitor(of: self) }
}

/// Something that happened to a connection of a monitored socket.
public struct MonitorEvent: Sendable, Equatable, CustomStringConvertible {
    /// The types of events (zmq_socket_monitor(3)).
    public enum EventType: Sendable, Equatable {
        /// The transport is connected; the handshake is still to come.
        case connected
        case connectDelayed
        /// `value` is the pause in milliseconds.
        case connectRetried
        case listening
        case bindFailed
        case accepted
        case acceptFailed
        case closed
        case closeFailed
        /// A connection is gone, and with it the replies to whatever was sent there.
        case disconnected
        /// Messages can flow now.
        case handshakeSucceeded
        case handshakeFailed(HandshakeFailure)
        /// The socket is closed; no more events. Not certain to come: libzmq drops what is unread when the socket closes.
        case monitorStopped
        /// A number that libzmq 4.3.4 does not have.
        case unknown(UInt16)
    }

    /// The reasons why a handshake fails.
    public enum HandshakeFailure: Sendable, Equatable {
        /// The ZAP handler refused; `value` is its status (300, 400, 500).
        case authentication
        /// `value` is libzmq's ZMQ_PROTOCOL_ERROR number.
        case `protocol`
        /// `value` is an errno.
        case noDetail
    }

    /// The type of the event.
    public let kind: EventType
    /// A descriptor, an errno, milliseconds or a status, as `kind` says.
    public let value: UInt32
    /// The endpoint as libzmq writes it.
    public let address: String

    public var description: String { "\(kind) \(address) (\(value))" }
}

extension MonitorEvent.EventType {
    init(number: UInt16) {
        self = Self.table[Int32(number)] ?? .unknown(number)
    }

    private static let table: [Int32: Self] = [
        ZMQ_EVENT_CONNECTED: .connected,
        ZMQ_EVENT_CONNECT_DELAYED: .connectDelayed,
        ZMQ_EVENT_CONNECT_RETRIED: .connectRetried,
        ZMQ_EVENT_LISTENING: .listening,
        ZMQ_EVENT_BIND_FAILED: .bindFailed,
        ZMQ_EVENT_ACCEPTED: .accepted,
        ZMQ_EVENT_ACCEPT_FAILED: .acceptFailed,
        ZMQ_EVENT_CLOSED: .closed,
        ZMQ_EVENT_CLOSE_FAILED: .closeFailed,
        ZMQ_EVENT_DISCONNECTED: .disconnected,
        ZMQ_EVENT_MONITOR_STOPPED: .monitorStopped,
        ZMQ_EVENT_HANDSHAKE_SUCCEEDED: .handshakeSucceeded,
        ZMQ_EVENT_HANDSHAKE_FAILED_AUTH: .handshakeFailed(.authentication),
        ZMQ_EVENT_HANDSHAKE_FAILED_PROTOCOL: .handshakeFailed(.protocol),
        ZMQ_EVENT_HANDSHAKE_FAILED_NO_DETAIL: .handshakeFailed(.noDetail),
    ]
}
