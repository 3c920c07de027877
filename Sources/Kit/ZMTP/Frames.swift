/// The frames of a received message, lent: valid until the call that receives them returns.
public struct Frames: @unchecked Sendable {  // pointers that are valid on one thread only, while their message is
    private var kept: [UnsafeRawBufferPointer] = []
    /// The number of frames that the message has on the wire.
    public private(set) var total = 0
    /// Keeps the frames' bytes beyond the message, for whoever holds it; `nil` if nothing does.
    package private(set) var keeper: ReceivedBytes?

    package init() {}

    /// The number of frames that can be read; fewer than ``total`` if the message has more than ``limit``.
    public var count: Int { kept.count }

    /// True if every frame of the message can be read. Nothing may be indexed by ``total`` unless it is.
    public var isWhole: Bool { kept.count == total }

    /// The number of frames that are kept of a received message; further ones are only counted.
    public static let limit = 12

    /// A frame; the index is below ``count``.
    public subscript(index: Int) -> UnsafeRawBufferPointer { kept[index] }

    package mutating func removeAll() {
        kept.removeAll(keepingCapacity: true)
        total = 0
        keeper = nil
    }

    package mutating func append(_ frame: UnsafeRawBufferPointer) {
        kept.append(frame)
        total += 1
    }

    /// Counts a frame that is not kept.
    package mutating func skip() {
        total += 1
    }

    mutating func borrow(
        _ ranges: [Range<Int>], of bytes: UnsafeRawBufferPointer, keptBy keeper: ReceivedBytes?, count: Int
    ) {
        removeAll()
        for range in ranges { kept.append(UnsafeRawBufferPointer(rebasing: bytes[range])) }
        total = count
        self.keeper = keeper
    }
}

/// Bytes that have come from a peer. They stay where they are until more are wanted, and for as long as somebody keeps them.
package final class ReceivedBytes {
    private var storage: UnsafeMutableRawBufferPointer
    package private(set) var count = 0

    /// - Parameter capacity: in bytes. The system has no memory to give for those that nothing is written to.
    package init(capacity: Int) {
        storage = .allocate(byteCount: capacity, alignment: 16)
    }

    deinit { storage.deallocate() }

    package var capacity: Int { storage.count }

    package var bytes: UnsafeRawBufferPointer { UnsafeRawBufferPointer(rebasing: storage[..<count]) }

    /// Room for more, to be filled from its beginning; ``add(_:)`` says how far.
    package var room: UnsafeMutableRawBufferPointer { UnsafeMutableRawBufferPointer(rebasing: storage[count...]) }

    /// So many bytes of the room are filled.
    package func add(_ size: Int) { count += size }

    package func append(_ bytes: UnsafeRawBufferPointer) {
        makeRoom(for: bytes.count)
        room.copyMemory(from: bytes)
        add(bytes.count)
    }

    /// Appends bytes of which more are expected.
    ///
    /// - Parameter capacity: in bytes, of all that is there and expected. For little more than there is room for, nothing is
    ///   moved: each of many small frames wants so.
    package func append(_ bytes: UnsafeRawBufferPointer, expecting capacity: Int) {
        if capacity - self.capacity >= Self.largeStep { reserve(capacity) }
        append(bytes)
    }

    /// Bytes from which on room is made at once for all that is expected.
    private static let largeStep = 32 * 1024

    /// - Parameter size: in bytes, beyond those that are there.
    func makeRoom(for size: Int) {
        if count + size > capacity { reserve(max(count + size, 2 * capacity)) }
    }

    /// - Parameter capacity: in bytes, of all that is there and will come.
    package func reserve(_ capacity: Int) {
        guard capacity > storage.count else { return }
        let old = storage
        storage = .allocate(byteCount: capacity, alignment: 16)
        storage.copyMemory(from: UnsafeRawBufferPointer(rebasing: old[..<count]))
        old.deallocate()
    }

    func removeAll() { count = 0 }
}

/// The first byte of a frame (RFC 37, section "Framing").
struct FrameFlags: OptionSet {
    let rawValue: UInt8

    /// Another frame of the message follows.
    static let more = FrameFlags(rawValue: 1)
    /// The size has eight bytes in place of one.
    static let long = FrameFlags(rawValue: 2)
    static let command = FrameFlags(rawValue: 4)

    static let known: FrameFlags = [.more, .long, .command]
}

/// Finds frames in a stream of bytes, and reserves no memory for what a peer merely announces.
struct FrameReader {
    enum FrameToken {
        /// Between two messages, or between two frames of one.
        case command(Range<Int>)
        /// A message whose frames are ``ranges``.
        case message
    }

    private let limits: ZMTPSession.SizeLimits
    /// Bytes of a frame.
    var maxFrame: Int
    /// The offset of the next frame, from the first byte that is not used yet.
    private var offset = 0
    /// The bytes, from the first one that is not used yet, without which there is no more to find.
    private(set) var needed = 0
    /// The frames of the message that is being read: the first ones of them, as many as the limits allow.
    private(set) var ranges: [Range<Int>] = []
    /// All of them.
    private(set) var frameCount = 0

    init(_ limits: ZMTPSession.SizeLimits) {
        self.limits = limits
        maxFrame = limits.frame
        ranges.reserveCapacity(limits.frames)
    }

    /// Looks for the next whole command or message.
    ///
    /// - Parameter bytes: what is not used yet. Until this returns something they only grow.
    /// - Returns: `nil` if more bytes are needed.
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

    /// To be called when what ``next(in:)`` has found is handled.
    ///
    /// - Returns: how many bytes are used; none in the middle of a message.
    mutating func consume(_ token: FrameToken) -> Int {
        if case .command = token, frameCount > 0 { return 0 }
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

    private mutating func frame(in bytes: UnsafeRawBufferPointer) throws(ZMTPError) -> (FrameFlags, Range<Int>)? {
        needed = offset + 2
        guard offset < bytes.count else { return nil }
        let flags = FrameFlags(rawValue: bytes[offset])
        guard flags.isSubset(of: .known) else { throw ZMTPError("a frame has reserved flags") }
        let start: Int
        let size: UInt64
        if flags.contains(.long) {
            start = offset + 9
            needed = start
            guard start <= bytes.count else { return nil }
            size = UInt64(bigEndian: bytes.loadUnaligned(fromByteOffset: offset + 1, as: UInt64.self))
        } else {
            start = needed
            guard start <= bytes.count else { return nil }
            size = UInt64(bytes[offset + 1])
        }
        guard size <= UInt64(maxFrame) else { throw ZMTPError("a frame has \(size) bytes") }
        needed = start + Int(size)
        return needed <= bytes.count ? (flags, start..<needed) : nil
    }
}

/// Bytes on their way to a peer.
///
/// The bytes are in pieces, none of which grows far: many large messages in one piece would be moved again and again.
package struct FrameWriter: ~Copyable {
    /// The pieces before ``bytes``, the first of them at ``firstPiece``.
    private var pieces: [[UInt8]] = []
    private var firstPiece = 0
    /// The last piece.
    private var bytes: [UInt8] = []
    /// The offset in the first piece of what is not written yet.
    private var start = 0
    /// The bytes that are not written yet.
    package private(set) var count = 0
    /// Encrypts what is sent from now on.
    private var sender: CurveSender?

    /// A piece of more bytes than this does not grow, and is given back when it is empty.
    private static let kept = 64 * 1024
    /// Room for what goes before and after a large frame, so that it all goes to the system at once.
    private static let margin = 1024

    package init() {}

    /// Appends a frame of a message.
    ///
    /// - Parameter isLast: true if the message ends with it.
    package mutating func append(frame body: UnsafeRawBufferPointer, isLast: Bool) {
        guard sender == nil else { return seal(body, isLast ? [] : .more) }
        append(headerFor: body.count, isLast ? [] : .more)
        append(body)
    }

    /// Appends the message by which a SUB says that it wants those whose first frame begins so.
    package mutating func append(subscription prefix: [UInt8]) {
        ([Subscriptions.subscribes] + prefix).withUnsafeBytes { append(frame: $0, isLast: true) }
    }

    /// Appends bytes as they are: those of the handshake.
    mutating func append(raw: [UInt8]) {
        raw.withUnsafeBytes { append($0) }
    }

    /// Appends a command of an open connection.
    mutating func append(command: [UInt8]) {
        command.withUnsafeBytes { body in
            guard sender == nil else { return seal(body, .command) }
            append(headerFor: body.count, .command)
            append(body)
        }
    }

    mutating func encrypt(with sender: CurveSender) {
        self.sender = sender
    }

    /// Lends what is to be written, as much of it as lies together.
    ///
    /// - Parameter write: says how many of the bytes it has taken.
    package mutating func drain(_ write: (UnsafeRawBufferPointer) -> Int) {
        if firstPiece < pieces.count {
            written(pieces[firstPiece].withUnsafeBytes { write(UnsafeRawBufferPointer(rebasing: $0[start...])) })
            guard start == pieces[firstPiece].count else { return }
            pieces[firstPiece] = []
            firstPiece += 1
            if firstPiece == pieces.count {
                pieces.removeAll(keepingCapacity: true)
                firstPiece = 0
            }
        } else {
            written(bytes.withUnsafeBytes { write(UnsafeRawBufferPointer(rebasing: $0[start...])) })
            guard start == bytes.count else { return }
            bytes.removeAll(keepingCapacity: bytes.capacity <= Self.kept)
        }
        start = 0
    }

    private mutating func written(_ size: Int) {
        start += size
        count -= size
    }

    private mutating func append(_ body: UnsafeRawBufferPointer) {
        makeRoom(for: body.count)
        bytes.append(contentsOf: body)
    }

    /// One frame, whose flags are in its box.
    private mutating func seal(_ body: UnsafeRawBufferPointer, _ flags: CurveFlags) {
        append(headerFor: body.count + CurveSender.overhead, [])
        makeRoom(for: body.count + CurveSender.overhead)
        sender?.seal(body, flags: flags, into: &bytes)
    }

    private mutating func append(headerFor size: Int, _ flags: FrameFlags) {
        if size <= 255 {
            makeRoom(for: 2)
            bytes.append(flags.rawValue)
            bytes.append(UInt8(size))
        } else {
            makeRoom(for: 9)
            bytes.append(flags.union(.long).rawValue)
            withUnsafeBytes(of: UInt64(size).bigEndian) { bytes.append(contentsOf: $0) }
        }
    }

    /// Begins another piece if the last one would grow too far. The bytes are counted as appended.
    private mutating func makeRoom(for size: Int) {
        count += size
        guard bytes.count + size > max(bytes.capacity, Self.kept) else { return }
        if !bytes.isEmpty { pieces.append(bytes) }
        bytes = []
        bytes.reserveCapacity(size + Self.margin)
    }
}
