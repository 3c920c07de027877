internal import CZeroMQ
internal import Glibc

extension Socket {
    /// Binds, and returns the real address: with the port, where the kernel chose one.
    ///
    /// An `ipc://` path gets its missing directories (0700), a socket file for the owner only, and a lock file beside
    /// it. A file left by a dead process is replaced; the path of a living one never is, though libzmq alone would
    /// steal it. Where the process has no descriptor left for who connects there, libzmq ends it; the fronts of
    /// services do without libzmq.
    /// - Throws: `ZeroMQError` with the address in it, `EADDRINUSE` if somebody listens there.
    @discardableResult
    public func bind(_ address: Address) throws(ZeroMQError) -> Address {
        let operation = "bind \(address)"
        let handle = try opened(for: operation)
        try options.apply(to: handle, isTCP: address.isTCP)
        if case .ipc(let path) = address.target {
            try bindFile(path, handle: handle, operation: operation)
        } else if zmq_bind(handle, address.description) != 0 {
            throw .last(operation)
        }
        if case .inproc = address.target { inprocNames.insert(address) }
        return try lastEndpoint()
    }

    /// Begins to connect, and keeps doing so: a peer that is not there yet is no error. A `Monitor` tells when it is.
    /// - Throws: `ZeroMQError` `EINVAL` for a wildcard port or host.
    public func connect(_ address: Address) throws(ZeroMQError) {
        let operation = "connect \(address)"
        let handle = try opened(for: operation)
        guard address.isConnectable else {
            throw ZeroMQError(code: EINVAL, operation: operation, reason: "a wildcard can only be bound")
        }
        try options.apply(to: handle, isTCP: address.isTCP)
        guard zmq_connect(handle, address.description) == 0 else { throw .last(operation) }
    }

    /// Subscribes this SUB socket to messages whose first frame begins with these bytes. Empty means all messages.
    /// - Throws: `ZeroMQError` `EINVAL` on another kind of socket.
    public func subscribe(to prefix: [UInt8] = []) throws(ZeroMQError) {
        try OptionSetter(handle: try opened(for: "subscribe")).set(ZMQ_SUBSCRIBE, bytes: prefix)
    }

    /// Gives libzmq a descriptor that listens already, so that it neither removes the file first nor makes it readable
    /// for all.
    private func bindFile(
        _ path: String, handle: UnsafeMutableRawPointer, operation: String
    ) throws(ZeroMQError) {
        let files = try SocketFile(path: path, backlog: options.backlog, operation: operation)
        let setter = OptionSetter(handle: handle)
        do throws(ZeroMQError) {
            try setter.set(ZMQ_USE_FD, files.descriptor)
            guard zmq_bind(handle, "ipc://\(path)") == 0 else { throw ZeroMQError.last(operation) }
        } catch {
            files.abandon()
            try setter.set(ZMQ_USE_FD, -1)
            throw error
        }
        ipcFiles[path] = files
        try setter.set(ZMQ_USE_FD, -1)
    }

    private func lastEndpoint() throws(ZeroMQError) -> Address {
        let operation = "ask for the last endpoint"
        let handle = try opened(for: operation)
        var size = 512
        let text: String? = withUnsafeTemporaryAllocation(of: CChar.self, capacity: size) { buffer in
            guard let start = buffer.baseAddress, zmq_getsockopt(handle, ZMQ_LAST_ENDPOINT, start, &size) == 0
            else { return nil }
            return String(cString: start)
        }
        guard let text else { throw .last(operation) }
        do throws(AddressError) {
            return try Address(text)
        } catch {
            throw ZeroMQError(code: EINVAL, operation: operation, reason: error.description)
        }
    }
}
