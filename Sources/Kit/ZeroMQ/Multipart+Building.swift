internal import CZeroMQ
public import FoundationEssentials

extension Multipart {
    /// From this many bytes on, a frame is handed over with its memory instead of being copied.
    public static let handOverThreshold = 16 * 1024

    /// Appends a copy of these bytes.
    public mutating func append(copying bytes: UnsafeRawBufferPointer) {
        let isAppended = appendSlot { slot in
            guard zmq_msg_init_size(slot, bytes.count) == 0 else { return false }
            if let start = bytes.baseAddress { zmq_msg_data(slot).copyMemory(from: start, byteCount: bytes.count) }
            return true
        }
        precondition(isAppended, "out of memory for a frame of \(bytes.count) bytes")
    }

    public mutating func append(_ text: String) {
        var text = text
        text.withUTF8 { append(copying: UnsafeRawBufferPointer($0)) }
    }

    /// Appends bytes; large ones without a copy, kept alive until libzmq has sent them.
    public mutating func append(_ bytes: [UInt8]) {
        bytes.withUnsafeBytes { append($0, ownedBy: ArrayOwner(bytes)) }
    }

    /// Appends bytes; large ones without a copy, kept alive until libzmq has sent them.
    public mutating func append(_ data: Data) {
        data.withUnsafeBytes { append($0, ownedBy: DataOwner(data)) }
    }

    /// Appends another message's frame, sharing its memory: a routing id, an envelope, a body that passes through.
    public mutating func append(frame index: Int, of other: borrowing Multipart) {
        let isAppended = appendSlot { other.copyFrame(index, into: $0) }
        precondition(isAppended, "a received frame can always be shared")
    }

    /// Appends `bytes` without a copy if they are large. `owner` is released, on any thread, when libzmq needs them no
    /// longer; until then it must keep them where they are and unchanged.
    public mutating func append(_ bytes: UnsafeRawBufferPointer, ownedBy owner: @autoclosure () -> any BufferOwner) {
        guard bytes.count >= Self.handOverThreshold, let start = bytes.baseAddress else {
            return append(copying: bytes)
        }
        let retained = Unmanaged.passRetained(owner() as AnyObject)
        let isAppended = appendSlot { slot in
            // libzmq only reads a message that it sends, though its type says mutable.
            zmq_msg_init_data(slot, UnsafeMutableRawPointer(mutating: start), bytes.count, release, retained.toOpaque())
                == 0
        }
        guard !isAppended else { return }
        retained.release()
        append(copying: bytes)
    }
}

/// The owner that keeps bytes alive while libzmq sends them.
public protocol BufferOwner: AnyObject, Sendable {}

/// Shares the array's storage. Who changes the array meanwhile, changes a copy.
private final class ArrayOwner: BufferOwner {
    private let bytes: [UInt8]
    init(_ bytes: [UInt8]) { self.bytes = bytes }
}

/// Shares the data's storage, which is on the heap at these sizes. Who changes the data meanwhile, changes a copy.
private final class DataOwner: BufferOwner {
    private let data: Data
    init(_ data: Data) { self.data = data }
}

/// Called by libzmq, mostly on its I/O thread.
private let release: @convention(c) (UnsafeMutableRawPointer?, UnsafeMutableRawPointer?) -> Void = { _, owner in
    guard let owner else { return }
    Unmanaged<AnyObject>.fromOpaque(owner).release()
}
