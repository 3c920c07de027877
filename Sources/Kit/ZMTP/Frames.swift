/// The frames of a received message, lent: valid until the call that receives them returns.
public struct Frames: @unchecked Sendable {  // pointers that are valid on one thread only, while their message is
    private var kept: [UnsafeRawBufferPointer] = []
    /// The number of frames that the message has on the wire.
    public private(set) var total = 0

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
    }

    package mutating func append(_ frame: UnsafeRawBufferPointer) {
        kept.append(frame)
        total += 1
    }

    /// Counts a frame that is not kept.
    package mutating func pass() {
        total += 1
    }

    mutating func borrow(_ ranges: [Range<Int>], of bytes: UnsafeRawBufferPointer, count: Int) {
        kept.removeAll(keepingCapacity: true)
        for range in ranges { kept.append(UnsafeRawBufferPointer(rebasing: bytes[range])) }
        total = count
    }
}
