/// Finds frames in a stream of bytes, and reserves no memory for what a peer merely announces.
struct FrameReader {
    enum FrameToken {
        /// Between two messages, or between two frames of one.
        case command(Range<Int>)
        /// A message whose frames are ``ranges``.
        case message
    }

    private let limits: Session.Limits
    /// Bytes of a frame.
    var maxFrame: Int
    /// The offset of the next frame, from the first byte that is not used yet.
    private var offset = 0
    /// The frames of the message that is being read: the first ones of them, as many as the limits allow.
    private(set) var ranges: [Range<Int>] = []
    /// All of them.
    private(set) var frameCount = 0

    init(_ limits: Session.Limits) {
        self.limits = limits
        maxFrame = limits.frame
        ranges.reserveCapacity(limits.frames)
    }

    /// Looks for the next whole command or message.
    ///
    /// - Parameter bytes: what is not used yet. Until this returns something they only grow.
    /// - Returns: `nil` where more bytes are needed.
    mutating func next(in bytes: UnsafeRawBufferPointer) throws(ZMTPError) -> FrameToken? {
        while let (flags, body) = try frame(in: bytes) {
            offset = body.upperBound
            if flags.contains(.command) {
                guard !flags.contains(.more) else { throw ZMTPError("a command has more than one frame") }
                // Commands between the frames of a message are held with them.
                if frameCount > 0 { try checkSize() }
                return .command(body)
            }
            frameCount += 1
            if ranges.count < limits.frames { ranges.append(body) }
            if !flags.contains(.more) { return .message }
            try checkSize()
        }
        return nil
    }

    /// To be called when what ``next(in:)`` has found is dealt with.
    ///
    /// - Returns: how many bytes are used; none in the middle of a message.
    mutating func use(_ found: FrameToken) -> Int {
        if case .command = found, frameCount > 0 { return 0 }
        defer {
            offset = 0
            frameCount = 0
            ranges.removeAll(keepingCapacity: true)
        }
        return offset
    }

    private func checkSize() throws(ZMTPError) {
        guard offset <= limits.message else { throw ZMTPError("a message has more than \(limits.message) bytes") }
    }

    private func frame(in bytes: UnsafeRawBufferPointer) throws(ZMTPError) -> (FrameFlags, Range<Int>)? {
        guard offset < bytes.count else { return nil }
        let flags = FrameFlags(rawValue: bytes[offset])
        guard flags.isSubset(of: .known) else { throw ZMTPError("a frame has reserved flags") }
        let start: Int
        let size: UInt64
        if flags.contains(.long) {
            start = offset + 9
            guard start <= bytes.count else { return nil }
            size = UInt64(bigEndian: bytes.loadUnaligned(fromByteOffset: offset + 1, as: UInt64.self))
        } else {
            start = offset + 2
            guard start <= bytes.count else { return nil }
            size = UInt64(bytes[offset + 1])
        }
        guard size <= UInt64(maxFrame) else { throw ZMTPError("a frame has \(size) bytes") }
        let end = start + Int(size)
        return end <= bytes.count ? (flags, start..<end) : nil
    }
}
