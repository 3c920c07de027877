/// Why a signing key cannot be had from its file, or brought there. It is met at the start, and stops it.
public struct SigningKeyError: Error, Hashable, CustomStringConvertible {
    /// A sentence that names the file, and holds nothing of what is in it.
    public let description: String

    init(_ description: String) {
        self.description = description
    }

    /// What the system says of a file; its error is to be read right after the call that failed.
    init(_ path: String, _ failure: String, errno: Int32) {
        description = "The key file \(path) \(failure): \(describe(errno))."
    }
}
