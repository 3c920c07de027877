/// The subscriptions of the SUB at the other end of a connection: messages whose first frame begins with one of these.
///
/// They come as messages, as in ZMTP 3.0, or as commands, as in 3.1. A duplicate changes nothing.
package struct Subscriptions {
    private var prefixes: [[UInt8]] = []

    /// The first byte of a message that subscribes, and of one that unsubscribes.
    static let subscribes: UInt8 = 1
    static let cancels: UInt8 = 0

    package static let maxPrefixes = 64
    package static let maxPrefix = 256

    /// - Parameter first: the first frame of a message.
    package func match(_ first: UnsafeRawBufferPointer) -> Bool {
        prefixes.contains { first.starts(with: $0) }
    }

    /// - Throws: if it is more than a peer may want.
    mutating func add(_ prefix: [UInt8]) throws(ZMTPError) {
        guard !prefixes.contains(prefix) else { return }
        guard prefix.count <= Self.maxPrefix else { throw ZMTPError("a prefix has \(prefix.count) bytes") }
        guard prefixes.count < Self.maxPrefixes else {
            throw ZMTPError("the peer wants more than \(Self.maxPrefixes) prefixes")
        }
        prefixes.append(prefix)
    }

    mutating func remove(_ prefix: [UInt8]) {
        prefixes.removeAll { $0 == prefix }
    }

    /// Applies a message that subscribes or unsubscribes.
    ///
    /// - Throws: if it is none that a SUB sends.
    mutating func apply(_ message: Frames) throws(ZMTPError) {
        guard message.isWhole, message.count == 1, let kind = message[0].first else {
            throw ZMTPError("a SUB sends a message")
        }
        let prefix = Array(message[0].dropFirst())
        switch kind {
        case Self.subscribes: try add(prefix)
        case Self.cancels: remove(prefix)
        default: throw ZMTPError("a SUB sends a message")
        }
    }
}
