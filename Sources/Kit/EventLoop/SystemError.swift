internal import Glibc

/// An operation that the kernel refused.
public struct SystemError: Error, Sendable, Equatable, CustomStringConvertible {
    /// The errno, such as `EMFILE`.
    public let code: Int32
    /// The operation and its object, such as `start the thread caller`.
    public let operation: String

    public var description: String { "\(operation): \(String(cString: strerror(code)))" }

    /// The error of the system call that has just failed on this thread.
    static func last(_ operation: String) -> SystemError { SystemError(code: errno, operation: operation) }
}
