internal import CZeroMQ
public import FoundationEssentials
internal import Glibc
package import ZMTP

/// One message of one or more frames, in libzmq's own memory: a reusable buffer for receiving, a builder for sending.
///
/// Reuse one for many messages: its slots stay allocated. At most `limit` frames of a received message are kept; the
/// rest are received, dropped and counted, so that an oversized message costs no memory here and does not stick in the
/// socket. (libzmq itself has no cap on frames: a peer that is not trusted must not reach a socket without CURVE.)
public struct Multipart: ~Copyable, @unchecked Sendable {  // sole owner of its slots, and libzmq's messages may move
    /// Frames kept of a received message.
    public let limit: Int
    /// Frames that can be read with `withBytes(at:_:)`, or that will be sent.
    public private(set) var count = 0
    /// Frames the message had on the wire; larger than `count` if some were dropped.
    public private(set) var frameCount = 0

    private var slots: UnsafeMutablePointer<zmq_msg_t>
    private var allocated: Int

    /// A message without frames.
    ///
    /// - Parameter limit: the number of frames that are kept, at least 1; more are counted and dropped.
    public init(limit: Int = 12) {
        precondition(limit > 0, "a message has at least one frame")
        self.limit = limit
        allocated = limit + 1
        slots = Self.makeSlots(allocated)
    }

    deinit {
        for index in 0..<allocated { zmq_msg_close(slots + index) }
        slots.deallocate()
    }

    /// True unless frames were dropped.
    public var isWhole: Bool { count == frameCount }

    /// True if it has no frame.
    public var isEmpty: Bool { count == 0 }

    /// The length of a frame in bytes.
    public func size(at index: Int) -> Int {
        precondition(index >= 0 && index < count, "frame \(index) of \(count)")
        return zmq_msg_size(slots + index)
    }

    /// Lends a frame's bytes, without a copy. The pointer must not leave `body`; it is unaligned.
    public func withBytes<Value, Failure: Error>(
        at index: Int, _ body: (UnsafeRawBufferPointer) throws(Failure) -> Value
    ) throws(Failure) -> Value {
        let size = size(at: index)
        return try body(UnsafeRawBufferPointer(start: zmq_msg_data(slots + index), count: size))
    }

    /// A copy of a frame.
    public func bytes(at index: Int) -> [UInt8] {
        withBytes(at: index) { Array($0) }
    }

    /// A frame as text; bytes that are not UTF-8 are replaced.
    public func text(at index: Int) -> String {
        withBytes(at: index) { String(decoding: $0, as: UTF8.self) }
    }

    /// The metadata that libzmq has of the sender: `User-Id` (from ZAP), `Peer-Address`, `Socket-Type`; nil if it does
    /// not know.
    ///
    /// Read from the last frame backwards: libzmq 4.3.4 loses the properties of a ROUTER's first frame (74529d97).
    public func property(_ name: String) -> String? {
        for index in (0..<count).reversed() {
            if let value = zmq_msg_gets(slots + index, name) { return String(cString: value) }
        }
        return nil
    }

    /// Frees all frames; the slots stay.
    public mutating func removeAll() {
        for index in 0..<count {
            zmq_msg_close(slots + index)
            zmq_msg_init(slots + index)
        }
        count = 0
        frameCount = 0
    }

    private static func makeSlots(_ count: Int) -> UnsafeMutablePointer<zmq_msg_t> {
        let slots = UnsafeMutablePointer<zmq_msg_t>.allocate(capacity: count)
        for index in 0..<count { zmq_msg_init(slots + index) }
        return slots
    }
}

extension Multipart {
    /// Appends a frame that `fill` makes in an empty slot; false, and nothing appended, if `fill` says that it failed.
    mutating func appendSlot(_ fill: (UnsafeMutablePointer<zmq_msg_t>) -> Bool) -> Bool {
        if count + 1 >= allocated { grow() }
        guard fill(slots + count) else { return false }
        count += 1
        frameCount = count
        return true
    }

    /// Makes this frame share the memory of another message's frame.
    func copyFrame(_ index: Int, into slot: UnsafeMutablePointer<zmq_msg_t>) -> Bool {
        precondition(index >= 0 && index < count, "frame \(index) of \(count)")
        return zmq_msg_copy(slot, slots + index) == 0
    }

    private mutating func grow() {
        let larger = Self.makeSlots(allocated * 2)
        for index in 0..<allocated {
            zmq_msg_move(larger + index, slots + index)
            zmq_msg_close(slots + index)
        }
        slots.deallocate()
        slots = larger
        allocated *= 2
    }

    /// Receives one whole message without waiting; false, and empty, when there is none.
    mutating func fill(from handle: UnsafeMutableRawPointer) throws(ZeroMQError) -> Bool {
        removeAll()
        while true {
            let isKept = count < limit
            let slot = isKept ? slots + count : slots + limit
            guard zmq_msg_recv(slot, handle, ZMQ_DONTWAIT) >= 0 else {
                let code = zmq_errno()
                if code == EINTR { continue }
                if code == EAGAIN, frameCount == 0 { return false }
                removeAll()
                throw ZeroMQError(code: code, operation: "receive")
            }
            let hasMore = zmq_msg_more(slot) != 0
            frameCount += 1
            if isKept { count += 1 } else { release(slot) }
            if !hasMore { return true }
        }
    }

    private func release(_ slot: UnsafeMutablePointer<zmq_msg_t>) {
        zmq_msg_close(slot)
        zmq_msg_init(slot)
    }

    /// Hands all frames to libzmq without waiting. Only the first can meet a full queue; should a later one fail, the
    /// pipe died under the message: libzmq has rolled back what it had, and a DEALER wants the rest, which it swallows.
    ///
    /// A refusal is believed only when libzmq has processed its commands: to save time its send does so once in a
    /// millisecond, and would say EAGAIN for that long on a connection that is ready.
    mutating func flush(to handle: UnsafeMutableRawPointer) throws(ZeroMQError) -> SendResult {
        var index = 0
        var (isBroken, isUpToDate) = (false, false)
        while index < count {
            let more = index + 1 < count ? ZMQ_SNDMORE : 0
            if zmq_msg_send(slots + index, handle, ZMQ_DONTWAIT | more) < 0 {
                let code = zmq_errno()
                if code == EINTR { continue }
                if index == 0, code == EAGAIN, !isUpToDate {
                    isUpToDate = true
                    processNews(of: handle)
                    continue
                }
                guard index > 0, code == EAGAIN else { return try refused(code, at: index) }
                isBroken = true
            }
            index += 1
        }
        removeAll()
        return isBroken ? .unreachable : .sent
    }

    /// Asking for the events makes libzmq handle what its I/O thread has reported.
    private func processNews(of handle: UnsafeMutableRawPointer) {
        var events: Int32 = 0
        var size = MemoryLayout<Int32>.size
        zmq_getsockopt(handle, ZMQ_EVENTS, &events, &size)
    }

    private mutating func refused(_ code: Int32, at index: Int) throws(ZeroMQError) -> SendResult {
        if code == EAGAIN, index == 0 { return .wouldBlock }
        removeAll()
        if code == EHOSTUNREACH { return .unreachable }
        throw ZeroMQError(code: code, operation: "send")
    }
}

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

    /// Appends a frame with the text in UTF-8.
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
            zmq_msg_init_data(
                slot, UnsafeMutableRawPointer(mutating: start), bytes.count, releaseOwner, retained.toOpaque())
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
private let releaseOwner: @convention(c) (UnsafeMutableRawPointer?, UnsafeMutableRawPointer?) -> Void = { _, owner in
    guard let owner else { return }
    Unmanaged<AnyObject>.fromOpaque(owner).release()
}

extension Multipart {
    /// Lends the frames from one on, as long as this message is neither changed nor gone.
    package func borrow(to frames: inout Frames, from start: Int = 0) {
        frames.removeAll()
        for index in start..<max(start, count) { withBytes(at: index) { frames.append($0) } }
        for _ in max(start, count)..<max(start, count, frameCount) { frames.skip() }
    }
}
