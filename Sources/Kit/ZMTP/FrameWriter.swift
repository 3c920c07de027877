/// Bytes on their way to a peer.
package struct FrameWriter {
    /// The bytes; those that are not written yet begin at ``start``.
    private var bytes: [UInt8] = []
    private var start = 0
    /// Encrypts what is sent from now on.
    private var sender: CurveSender?

    /// Storage above this is given back when it is empty.
    private static let kept = 64 * 1024

    package init() {}

    package var count: Int { bytes.count - start }

    /// Appends a frame of a message.
    ///
    /// - Parameter isLast: whether the message ends with it.
    package mutating func append(frame body: UnsafeRawBufferPointer, isLast: Bool) {
        guard sender == nil else { return seal(body, isLast ? [] : .more) }
        append(headerFor: body.count, isLast ? [] : .more)
        bytes.append(contentsOf: body)
    }

    /// Appends the message by which a SUB says that it wants those whose first frame begins so.
    package mutating func append(subscription prefix: [UInt8]) {
        ([Subscriptions.subscribes] + prefix).withUnsafeBytes { append(frame: $0, isLast: true) }
    }

    /// Appends bytes as they are: those of the handshake.
    mutating func append(raw: [UInt8]) {
        bytes.append(contentsOf: raw)
    }

    /// Appends a command of an open connection.
    mutating func append(command: [UInt8]) {
        command.withUnsafeBytes { body in
            guard sender == nil else { return seal(body, .command) }
            append(headerFor: body.count, .command)
            bytes.append(contentsOf: body)
        }
    }

    mutating func encrypt(with sender: CurveSender) {
        self.sender = sender
    }

    /// One frame, whose flags are in its box.
    private mutating func seal(_ body: UnsafeRawBufferPointer, _ flags: CurveFlags) {
        append(headerFor: body.count + CurveSender.overhead, [])
        sender?.seal(body, flags: flags, into: &bytes)
    }

    /// Lends what is to be written.
    ///
    /// - Parameter write: says how many of the bytes it has taken.
    package mutating func drain(_ write: (UnsafeRawBufferPointer) -> Int) {
        start += bytes.withUnsafeBytes { write(UnsafeRawBufferPointer(rebasing: $0[start...])) }
        guard start == bytes.count else { return }
        start = 0
        bytes.removeAll(keepingCapacity: bytes.capacity <= Self.kept)
    }

    private mutating func append(headerFor size: Int, _ flags: FrameFlags) {
        if size <= 255 {
            bytes.append(flags.rawValue)
            bytes.append(UInt8(size))
        } else {
            bytes.append(flags.union(.long).rawValue)
            withUnsafeBytes(of: UInt64(size).bigEndian) { bytes.append(contentsOf: $0) }
        }
    }
}
