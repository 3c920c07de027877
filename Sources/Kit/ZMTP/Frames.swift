/// The frames of a received message, lent: good until the call that they are handed to returns.
package struct Frames: @unchecked Sendable {  // pointers that are good on one thread only, where they come from
    private var kept: [UnsafeRawBufferPointer] = []
    /// How many frames the message has on the wire.
    package private(set) var total = 0

    package init() {}

    /// How many frames can be read; fewer than ``total`` where the message has more than are looked at.
    package var count: Int { kept.count }

    package subscript(index: Int) -> UnsafeRawBufferPointer { kept[index] }

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

    mutating func lend(_ ranges: [Range<Int>], of bytes: UnsafeRawBufferPointer, count: Int) {
        kept.removeAll(keepingCapacity: true)
        for range in ranges { kept.append(UnsafeRawBufferPointer(rebasing: bytes[range])) }
        total = count
    }
}
