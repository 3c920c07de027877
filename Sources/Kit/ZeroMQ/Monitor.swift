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
        return MonitorEvent(kind: MonitorEvent.Kind(number: number), value: value, address: message.text(at: 1))
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
