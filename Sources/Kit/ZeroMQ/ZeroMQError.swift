internal import CZeroMQ
internal import EventLoop
internal import Glibc

/// An operation that libzmq, or the kernel on its behalf, refused.
///
/// `EAGAIN` on the hot path is never thrown: `Socket.receive(into:)` and `Socket.send(_:)` report it in their results.
public struct ZeroMQError: Error, Sendable, Equatable, CustomStringConvertible {
    /// The errno. libzmq's own numbers lie above 156 384 712.
    public let code: Int32
    /// The operation and its object, e.g. `bind tcp://127.0.0.1:5040`.
    public let operation: String
    /// The errno in words, from `zmq_strerror` unless something clearer is known.
    public let reason: String

    /// An error of an operation.
    ///
    /// - Parameter reason: that of the code by default.
    public init(code: Int32, operation: String, reason: String? = nil) {
        self.code = code
        self.operation = operation
        self.reason = reason ?? String(cString: zmq_strerror(code))
    }

    /// The errno's name, e.g. `EADDRINUSE`; `E<number>` for one that is not in the table.
    public var name: String { Self.names[code] ?? "E\(code)" }

    public var description: String { "\(operation): \(reason) (\(name))" }

    /// The error of the libzmq call that has just failed on this thread.
    static func last(_ operation: String) -> ZeroMQError {
        ZeroMQError(code: zmq_errno(), operation: operation)
    }

    /// The error of an event loop.
    init(_ error: SystemError) {
        self.init(code: error.code, operation: error.operation)
    }

    /// The error of the system call that has just failed on this thread.
    static func system(_ operation: String) -> ZeroMQError {
        ZeroMQError(code: errno, operation: operation)
    }
}

extension ZeroMQError {
    /// The context was terminated; the socket can only be closed.
    public static let terminated: Int32 = ZMQ_HAUSNUMERO + 53

    private static let names: [Int32: String] = [
        EPERM: "EPERM", ENOENT: "ENOENT", EINTR: "EINTR", EIO: "EIO", EBADF: "EBADF", EAGAIN: "EAGAIN",
        ENOMEM: "ENOMEM", EACCES: "EACCES", EFAULT: "EFAULT", EEXIST: "EEXIST", ENODEV: "ENODEV",
        ENOTDIR: "ENOTDIR", EISDIR: "EISDIR", EINVAL: "EINVAL", ENFILE: "ENFILE", EMFILE: "EMFILE",
        ENOSPC: "ENOSPC", EROFS: "EROFS", EPIPE: "EPIPE", ENAMETOOLONG: "ENAMETOOLONG", ENOTSOCK: "ENOTSOCK",
        EMSGSIZE: "EMSGSIZE", EPROTO: "EPROTO", EPROTONOSUPPORT: "EPROTONOSUPPORT", ENOTSUP: "ENOTSUP",
        EAFNOSUPPORT: "EAFNOSUPPORT", EADDRINUSE: "EADDRINUSE", EADDRNOTAVAIL: "EADDRNOTAVAIL",
        ENETDOWN: "ENETDOWN", ENETUNREACH: "ENETUNREACH", ENETRESET: "ENETRESET", ECONNABORTED: "ECONNABORTED",
        ECONNRESET: "ECONNRESET", ENOBUFS: "ENOBUFS", ENOTCONN: "ENOTCONN", ETIMEDOUT: "ETIMEDOUT",
        ECONNREFUSED: "ECONNREFUSED", EHOSTUNREACH: "EHOSTUNREACH", EINPROGRESS: "EINPROGRESS",
        ZMQ_HAUSNUMERO + 51: "EFSM", ZMQ_HAUSNUMERO + 52: "ENOCOMPATPROTO", terminated: "ETERM",
        ZMQ_HAUSNUMERO + 54: "EMTHREAD",
    ]
}
