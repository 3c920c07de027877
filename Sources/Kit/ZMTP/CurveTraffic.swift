/// Encrypts frames, one command MESSAGE each (RFC 26, section "MESSAGE Command").
struct CurveSender {
    private let box: CurveBox
    private let prefix: StaticString
    private var last: UInt64

    /// Bytes that a frame has more than without CURVE.
    static let overhead = CurveReceiver.head + Sodium.macSize + 1

    init(_ box: CurveBox, _ prefix: StaticString, last: UInt64) {
        self.box = box
        self.prefix = prefix
        self.last = last
    }

    /// Appends the body of a frame.
    mutating func seal(_ body: UnsafeRawBufferPointer, flags: CurveFlags, into bytes: inout [UInt8]) {
        last += 1
        bytes.append(contentsOf: CurveReceiver.name)
        withUnsafeBytes(of: last.bigEndian) { bytes.append(contentsOf: $0) }
        let start = bytes.count
        for _ in 0..<Sodium.macSize { bytes.append(0) }
        bytes.append(flags.rawValue)
        bytes.append(contentsOf: body)
        let nonce = CurveNonce(prefix, counter: last)
        bytes.withUnsafeMutableBytes { box.seal(UnsafeMutableRawBufferPointer(rebasing: $0[start...]), nonce: nonce) }
    }
}

/// Decrypts frames. The numbers of what is taken strictly rise, so that nothing is taken twice.
struct CurveReceiver {
    private let box: CurveBox
    private let prefix: StaticString
    private var last: UInt64

    static let name = [7] + Array("MESSAGE".utf8)
    /// The name and the number.
    static let head = 16

    init(_ box: CurveBox, _ prefix: StaticString, last: UInt64) {
        self.box = box
        self.prefix = prefix
        self.last = last
    }

    /// Decrypts the body of a frame.
    mutating func open(
        _ frame: UnsafeRawBufferPointer, into plain: PlainBytes
    ) throws(ZMTPError) -> (flags: CurveFlags, body: Range<Int>) {
        guard frame.count >= CurveSender.overhead, frame[..<8].elementsEqual(Self.name) else {
            throw ZMTPError("a frame is not encrypted")
        }
        let counter = UInt64(bigEndian: frame.loadUnaligned(fromByteOffset: 8, as: UInt64.self))
        guard counter > last else { throw ZMTPError("a frame comes again") }
        let start = plain.count
        let size = frame.count - Self.head - Sodium.macSize
        let isOpen = box.open(
            UnsafeRawBufferPointer(rebasing: frame[Self.head...]), nonce: CurveNonce(prefix, counter: counter),
            into: plain.room(for: size))
        guard isOpen else { throw ZMTPError("a frame cannot be opened") }
        last = counter
        return (CurveFlags(rawValue: plain.bytes[start]), start + 1..<start + size)
    }
}

/// The first byte within a box.
struct CurveFlags: OptionSet {
    let rawValue: UInt8

    static let more = CurveFlags(rawValue: 1)
    static let command = CurveFlags(rawValue: 2)
}

/// Bytes that stay where they are until more are wanted: what was decrypted of the message that is being read.
final class PlainBytes {
    private var storage = UnsafeMutableRawBufferPointer.allocate(byteCount: 4096, alignment: 16)
    private(set) var count = 0

    /// Storage above this is given back when it is empty.
    private static let kept = 64 * 1024

    deinit { storage.deallocate() }

    var bytes: UnsafeRawBufferPointer { UnsafeRawBufferPointer(rebasing: storage[..<count]) }

    /// Room for so many bytes more, which count from now on.
    func room(for size: Int) -> UnsafeMutableRawPointer {
        if count + size > storage.count { grow(to: max(count + size, storage.count * 2)) }
        defer { count += size }
        guard let start = storage.baseAddress else { preconditionFailure("the storage has a size") }
        return start + count
    }

    func removeAll() {
        count = 0
        if storage.count > Self.kept { replace(with: 4096) }
    }

    private func grow(to size: Int) {
        let old = storage
        storage = .allocate(byteCount: size, alignment: 16)
        storage.copyMemory(from: UnsafeRawBufferPointer(rebasing: old[..<count]))
        old.deallocate()
    }

    private func replace(with size: Int) {
        storage.deallocate()
        storage = .allocate(byteCount: size, alignment: 16)
    }
}
