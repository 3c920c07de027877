/// The subscriptions of the SUB at the other end of a connection: messages whose first frame begins with one of these.
///
/// They come as messages, as in ZMTP 3.0, or as commands, as in 3.1. A duplicate changes nothing.
package struct Subscriptions {
    private var prefixes: [[UInt8]] = []
    /// The bytes that they take.
    private var size = 0

    /// The first byte of a message that subscribes, and of one that unsubscribes.
    static let subscribes: UInt8 = 1
    static let cancels: UInt8 = 0

    /// The bytes that the subscriptions of a peer may take: some hundred short ones, or few long ones.
    package static let maxSize = 32 * 1024
    /// The bytes that one takes beside its own.
    private static let overhead = 32

    /// - Parameter first: the first frame of a message.
    package func match(_ first: UnsafeRawBufferPointer) -> Bool {
        prefixes.contains { first.starts(with: $0) }
    }

    /// - Throws: if it is more than a peer may want.
    mutating func add(_ prefix: [UInt8]) throws(ZMTPError) {
        guard !prefixes.contains(prefix) else { return }
        size += prefix.count + Self.overhead
        guard size <= Self.maxSize else { throw ZMTPError("the subscriptions take more than \(Self.maxSize) bytes") }
        prefixes.append(prefix)
    }

    mutating func remove(_ prefix: [UInt8]) {
        guard let place = prefixes.firstIndex(of: prefix) else { return }
        prefixes.remove(at: place)
        size -= prefix.count + Self.overhead
    }

    /// Applies a message that subscribes or unsubscribes. An XSUB may send others, which a PUB passes over.
    ///
    /// - Throws: if it is more than a peer may want.
    mutating func apply(_ message: Frames) throws(ZMTPError) {
        guard message.isWhole, message.count == 1, let kind = message[0].first else { return }
        let prefix = Array(message[0].dropFirst())
        switch kind {
        case Self.subscribes: try add(prefix)
        case Self.cancels: remove(prefix)
        default: break
        }
    }
}
