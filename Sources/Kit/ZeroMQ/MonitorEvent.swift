internal import CZeroMQ

/// Something that happened to a connection of a monitored socket.
public struct MonitorEvent: Sendable, Equatable, CustomStringConvertible {
    public enum Kind: Sendable, Equatable {
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
        /// A connection is gone, and with it the answers to whatever was asked there.
        case disconnected
        /// Messages can flow now.
        case handshakeSucceeded
        case handshakeFailed(HandshakeFailure)
        /// The socket is closed; no more events. Not certain to come: libzmq drops what is unread when the socket closes.
        case monitorStopped
        /// A number that libzmq 4.3.4 does not have.
        case unknown(UInt16)
    }

    public enum HandshakeFailure: Sendable, Equatable {
        /// The ZAP handler refused; `value` is its status (300, 400, 500).
        case authentication
        /// `value` is libzmq's ZMQ_PROTOCOL_ERROR number.
        case `protocol`
        /// `value` is an errno.
        case noDetail
    }

    public let kind: Kind
    /// A descriptor, an errno, milliseconds or a status, as `kind` says.
    public let value: UInt32
    /// The endpoint as libzmq writes it.
    public let address: String

    public var description: String { "\(kind) \(address) (\(value))" }
}

extension MonitorEvent.Kind {
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
