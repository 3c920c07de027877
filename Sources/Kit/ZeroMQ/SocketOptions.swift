internal import CZeroMQ
internal import Glibc

/// The options of a socket. The defaults are those of an RPC kit, not libzmq's; each says why.
public struct SocketOptions: Sendable {
    /// Send only while there is a connection (dealer, req). Off, requests sent while a server is down are all delivered
    /// to its successor, long after their callers gave up.
    public var immediate = true
    /// Report a reply to a peer that is gone (router). Off, it vanishes and counts as sent.
    public var routerMandatory = true
    /// Let a REQ send again after a lost reply, and match replies by id (req). Off, one lost reply wedges it for ever.
    public var requestRelaxed = true
    /// The time for which `close()` leaves unsent messages to the I/O thread. Nil is for ever, and
    /// `Context.terminate()` waits.
    public var linger: Duration? = .zero
    /// Messages queued towards a peer, counted whole, whatever their size.
    public var sendHighWaterMark = 256
    /// Messages queued from a peer, counted whole, whatever their size.
    public var receiveHighWaterMark = 256
    /// The largest **frame** in bytes; a peer that sends a larger one is disconnected. Nil is no limit.
    public var maxMessageSize: Int? = 1024 * 1024 + 4096
    /// Bytes that all peers of a listener may make it hold of messages whose rest has not come. Above them, the connections
    /// end whose message has been unfinished for longest.
    public var maxUnfinished = 64 * 1024 * 1024
    /// An accepted connection that has not finished its handshake by then is closed.
    public var handshakeInterval: Duration = .seconds(3)
    /// A TCP connection attempt that has no answer by then is given up and tried again.
    public var connectTimeout: Duration = .milliseconds(1500)
    /// The first pause before connecting again.
    public var reconnectInterval: Duration = .milliseconds(50)
    /// Pauses double up to this: a peer that is back is found no later. An attempt costs next to nothing.
    public var reconnectMaximum: Duration = .milliseconds(100)
    /// ZMTP heartbeats, on `tcp://` only. Nil for none.
    public var heartbeat: Heartbeat? = Heartbeat()
    /// TCP keep-alive, on `tcp://` only. Nil for the system's.
    public var keepAlive: KeepAlive? = KeepAlive()
    /// A TCP connection whose data is not acknowledged for so long is closed. Zero is the system's, some 15 minutes.
    public var maxRetransmission: Duration = .seconds(10)
    /// Connections that wait to be accepted; a fleet that reconnects at once needs many.
    public var backlog = 1024
    /// Connections that one listener holds, if the process has descriptors for as many. For one more, handshakes that
    /// take too long end, then the connections that have been silent for longest.
    public var maxConnections = 16_384
    /// Accept and resolve IPv6 beside IPv4.
    public var ipv6 = false
    /// The authentication and encryption of connections; none by default.
    public var security = Security.none

    /// The defaults.
    public init() {}

    /// For a socket that replies: unsent replies get half a second at close.
    public static var server: SocketOptions {
        var options = SocketOptions()
        options.linger = .milliseconds(500)
        return options
    }

    /// For a socket that requests: what is unsent at close is of no use to anybody.
    public static var client: SocketOptions { SocketOptions() }
}

extension SocketOptions {
    /// A peer that is silent for `timeout` is disconnected.
    ///
    /// `timeout` must be far above the longest time for which this side may leave its queue full: libzmq then stops
    /// reading, and so does not see the replies. Heartbeats come from the I/O thread and say nothing of the
    /// application.
    public struct Heartbeat: Sendable, Equatable {
        /// The time between two heartbeats.
        public var interval: Duration
        /// The silence after which the peer is disconnected.
        public var timeout: Duration
        /// The silence after which the peer should give this side up; counted in tenths of a second.
        public var timeToLive: Duration

        /// Heartbeats; the parameters are the properties.
        public init(
            interval: Duration = .seconds(5), timeout: Duration = .seconds(15), timeToLive: Duration = .seconds(20)
        ) {
            self.interval = interval
            self.timeout = timeout
            self.timeToLive = timeToLive
        }
    }

    /// After `idle`, `count` probes `interval` apart.
    public struct KeepAlive: Sendable, Equatable {
        /// The silence before the first probe.
        public var idle: Duration
        /// The time between two probes.
        public var interval: Duration
        /// The number of probes without a reply after which the connection ends.
        public var count: Int

        /// Probes; the parameters are the properties.
        public init(idle: Duration = .seconds(30), interval: Duration = .seconds(10), count: Int = 3) {
            self.idle = idle
            self.interval = interval
            self.count = count
        }
    }

    /// The authentication and encryption of connections.
    public enum Security: Sendable {
        /// Anybody, in clear: for `ipc://`, `inproc://` and one trust boundary.
        case none
        /// Encrypted; the keys of peers are admitted by `Context.admit(_:)`, in `zapDomain` (not empty), which libzmq asks the
        /// `ZAPHandler` for. Without it none is: libzmq alone would then admit every peer that knows the server's public key.
        case curveServer(CurveSecretKey, zapDomain: String)
        /// Encrypted, towards the server that holds the secret half of `serverKey`, and no other.
        case curveClient(CurveKeyPair, serverKey: CurvePublicKey)
    }
}

/// ZMQ_ZAP_ENFORCE_DOMAIN. The header shows it to draft builds only; the library takes it in all.
private let zapEnforceDomain: Int32 = 93

extension SocketOptions {
    /// Sets what holds for a socket's whole life, before its first bind or connect.
    func apply(to handle: UnsafeMutableRawPointer, kind: Socket.SocketType) throws(ZeroMQError) {
        let options = OptionSetter(handle: handle)
        switch kind {
        case .router: try options.set(ZMQ_ROUTER_MANDATORY, routerMandatory ? 1 : 0)
        case .dealer: try options.set(ZMQ_IMMEDIATE, immediate ? 1 : 0)
        case .req:
            try options.set(ZMQ_IMMEDIATE, immediate ? 1 : 0)
            try options.set(ZMQ_REQ_RELAXED, requestRelaxed ? 1 : 0)
            try options.set(ZMQ_REQ_CORRELATE, requestRelaxed ? 1 : 0)
        case .rep, .pub, .sub, .pair: break
        }
        try options.set(ZMQ_LINGER, linger?.milliseconds ?? -1)
        try options.set(ZMQ_SNDHWM, Int32(clamping: sendHighWaterMark))
        try options.set(ZMQ_RCVHWM, Int32(clamping: receiveHighWaterMark))
        try options.set(ZMQ_MAXMSGSIZE, wide: Int64(maxMessageSize ?? -1))
        try options.set(ZMQ_HANDSHAKE_IVL, handshakeInterval.milliseconds)
        try options.set(ZMQ_CONNECT_TIMEOUT, connectTimeout.milliseconds)
        try options.set(ZMQ_RECONNECT_IVL, reconnectInterval.milliseconds)
        try options.set(ZMQ_RECONNECT_IVL_MAX, reconnectMaximum.milliseconds)
        try options.set(ZMQ_TCP_MAXRT, maxRetransmission.milliseconds)
        try options.set(ZMQ_BACKLOG, Int32(clamping: backlog))
        try options.set(ZMQ_IPV6, ipv6 ? 1 : 0)
        try security.apply(options)
    }

    /// Sets what differs between `tcp://` and the rest; holds for the next bind or connect.
    func apply(to handle: UnsafeMutableRawPointer, isTCP: Bool) throws(ZeroMQError) {
        let options = OptionSetter(handle: handle)
        let heartbeat = isTCP ? heartbeat : nil
        try options.set(ZMQ_HEARTBEAT_IVL, heartbeat?.interval.milliseconds ?? 0)
        if let heartbeat {
            try options.set(ZMQ_HEARTBEAT_TIMEOUT, heartbeat.timeout.milliseconds)
            try options.set(ZMQ_HEARTBEAT_TTL, heartbeat.timeToLive.milliseconds)
        }
        guard isTCP, let keepAlive else { return try options.set(ZMQ_TCP_KEEPALIVE, -1) }
        try options.set(ZMQ_TCP_KEEPALIVE, 1)
        try options.set(ZMQ_TCP_KEEPALIVE_IDLE, keepAlive.idle.wholeSeconds)
        try options.set(ZMQ_TCP_KEEPALIVE_INTVL, keepAlive.interval.wholeSeconds)
        try options.set(ZMQ_TCP_KEEPALIVE_CNT, Int32(clamping: keepAlive.count))
    }
}

extension SocketOptions.Security {
    fileprivate func apply(_ options: OptionSetter) throws(ZeroMQError) {
        switch self {
        case .none: return
        case .curveServer(let secret, let domain):
            guard !domain.isEmpty else {
                throw ZeroMQError(code: EINVAL, operation: "set up CURVE", reason: "the ZAP domain is empty")
            }
            try options.set(ZMQ_CURVE_SERVER, 1)
            try options.set(ZMQ_CURVE_SECRETKEY, bytes: secret.bytes)
            try options.set(ZMQ_ZAP_DOMAIN, bytes: Array(domain.utf8))
            try options.set(zapEnforceDomain, 1)
        case .curveClient(let keys, let serverKey):
            try options.set(ZMQ_CURVE_SERVERKEY, bytes: serverKey.bytes)
            try options.set(ZMQ_CURVE_PUBLICKEY, bytes: keys.publicKey.bytes)
            try options.set(ZMQ_CURVE_SECRETKEY, bytes: keys.secretKey.bytes)
        }
    }
}

/// `zmq_setsockopt` by type, with the option's number in the error.
struct OptionSetter {
    let handle: UnsafeMutableRawPointer

    func set(_ option: Int32, _ value: Int32) throws(ZeroMQError) {
        try check(option, withUnsafeBytes(of: value) { zmq_setsockopt(handle, option, $0.baseAddress, $0.count) })
    }

    func set(_ option: Int32, wide value: Int64) throws(ZeroMQError) {
        try check(option, withUnsafeBytes(of: value) { zmq_setsockopt(handle, option, $0.baseAddress, $0.count) })
    }

    func set(_ option: Int32, bytes: [UInt8]) throws(ZeroMQError) {
        try check(option, bytes.withUnsafeBytes { zmq_setsockopt(handle, option, $0.baseAddress, $0.count) })
    }

    private func check(_ option: Int32, _ result: Int32) throws(ZeroMQError) {
        guard result == 0 else { throw .last("set socket option \(option)") }
    }
}

extension Duration {
    /// Rounded up, so that a short time does not become zero, which often means "for ever".
    var milliseconds: Int32 {
        let (seconds, attoseconds) = components
        let (whole, isTooLong) = seconds.multipliedReportingOverflow(by: 1000)
        return isTooLong ? .max : Int32(clamping: whole + (attoseconds + 999_999_999_999_999) / 1_000_000_000_000_000)
    }

    var wholeSeconds: Int32 { Int32(clamping: components.seconds) }
}
