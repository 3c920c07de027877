internal import CZeroMQ
internal import Glibc

/// ZMQ_ZAP_ENFORCE_DOMAIN. The header shows it to draft builds only; the library takes it in all.
private let zapEnforceDomain: Int32 = 93

extension SocketOptions {
    /// Sets what holds for a socket's whole life, before its first bind or connect.
    func apply(to handle: UnsafeMutableRawPointer, kind: Socket.Kind) throws(ZeroMQError) {
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
