internal import CSodium

/// A key of Curve25519, public or secret: 32 bytes.
package typealias CurveBytes = [UInt8]

/// The primitives of CurveZMQ (RFC 26), which are those of NaCl, by libsodium.
enum Sodium {
    static let keySize = 32
    static let macSize = 16

    /// Chooses the fastest code for this processor, once.
    private static let isReady = sodium_init() >= 0

    static func makeKeyPair() -> (public: CurveBytes, secret: CurveBytes) {
        _ = isReady
        var (publicKey, secretKey) = ([UInt8](repeating: 0, count: keySize), [UInt8](repeating: 0, count: keySize))
        crypto_box_keypair(&publicKey, &secretKey)
        return (publicKey, secretKey)
    }

    static func publicKey(of secretKey: CurveBytes) -> CurveBytes {
        var publicKey = [UInt8](repeating: 0, count: keySize)
        crypto_scalarmult_base(&publicKey, secretKey)
        return publicKey
    }

    static func random(_ count: Int) -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: count)
        randombytes_buf(&bytes, count)
        return bytes
    }

    /// Compares in a time that does not depend on where they differ.
    static func areEqual(_ one: some Collection<UInt8>, _ other: some Collection<UInt8>) -> Bool {
        one.count == other.count && zip(one, other).reduce(0) { $0 | ($1.0 ^ $1.1) } == 0
    }
}

/// The key that two ends share, made of the secret key of one and the public key of the other.
struct CurveBox {
    private let key: [UInt8]

    /// - Returns: `nil` for a public key that is none: every secret would make the same of it.
    init?(to publicKey: some Collection<UInt8>, from secretKey: CurveBytes) {
        guard publicKey.count == Sodium.keySize, secretKey.count == Sodium.keySize else { return nil }
        var key = [UInt8](repeating: 0, count: Sodium.keySize)
        guard crypto_box_beforenm(&key, Array(publicKey), secretKey) == 0 else { return nil }
        self.key = key
    }

    /// Encrypts in place what follows the room for the MAC.
    func seal(_ bytes: UnsafeMutableRawBufferPointer, nonce: CurveNonce) {
        guard let mac = bytes.baseAddress?.assumingMemoryBound(to: UInt8.self) else { return }
        let text = mac + Sodium.macSize
        nonce.withBytes { nonce in
            _ = crypto_box_detached_afternm(text, mac, text, UInt64(bytes.count - Sodium.macSize), nonce, key)
        }
    }

    /// A box with the MAC in front.
    func seal(_ text: [UInt8], nonce: CurveNonce) -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: Sodium.macSize) + text
        bytes.withUnsafeMutableBytes { seal($0, nonce: nonce) }
        return bytes
    }

    /// Decrypts a box.
    ///
    /// - Parameter text: has room for the box without its MAC.
    /// - Returns: true if it is what the other end has made.
    func open(_ box: UnsafeRawBufferPointer, nonce: CurveNonce, into text: UnsafeMutableRawBufferPointer) -> Bool {
        guard box.count >= Sodium.macSize, let mac = box.baseAddress?.assumingMemoryBound(to: UInt8.self),
            let text = text.baseAddress?.assumingMemoryBound(to: UInt8.self)
        else { return false }
        return nonce.withBytes { nonce in
            crypto_box_open_detached_afternm(
                text, mac + Sodium.macSize, mac, UInt64(box.count - Sodium.macSize), nonce, key) == 0
        }
    }

    /// - Returns: `nil` if it is not what the other end has made.
    func open(_ box: UnsafeRawBufferPointer, nonce: CurveNonce) -> [UInt8]? {
        guard box.count >= Sodium.macSize else { return nil }
        var text = [UInt8](repeating: 0, count: box.count - Sodium.macSize)
        let isOpen = text.withUnsafeMutableBytes { open(box, nonce: nonce, into: $0) }
        return isOpen ? text : nil
    }
}

/// 24 bytes that are never used twice with one key: a prefix that says what for, and a number or random bytes.
struct CurveNonce {
    private let bytes: (UInt64, UInt64, UInt64)

    /// - Parameters:
    ///   - prefix: 16 bytes.
    ///   - counter: as it travels, big-endian.
    init(_ prefix: StaticString, counter: UInt64) {
        let start = UnsafeRawPointer(prefix.utf8Start)
        bytes = (
            start.loadUnaligned(as: UInt64.self), start.loadUnaligned(fromByteOffset: 8, as: UInt64.self),
            counter.bigEndian
        )
    }

    /// - Parameters:
    ///   - prefix: 8 bytes.
    ///   - random: 16 bytes.
    init(_ prefix: StaticString, random: some Collection<UInt8>) {
        let rest = Array(random)
        bytes = (
            UnsafeRawPointer(prefix.utf8Start).loadUnaligned(as: UInt64.self),
            rest.withUnsafeBytes { $0.loadUnaligned(as: UInt64.self) },
            rest.withUnsafeBytes { $0.loadUnaligned(fromByteOffset: 8, as: UInt64.self) }
        )
    }

    func withBytes<Value>(_ body: (UnsafePointer<UInt8>) -> Value) -> Value {
        withUnsafeBytes(of: bytes) { raw in
            guard let start = raw.baseAddress else { preconditionFailure("a tuple has an address") }
            return body(start.assumingMemoryBound(to: UInt8.self))
        }
    }
}

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
        _ frame: UnsafeRawBufferPointer, into plain: ReceivedBytes
    ) throws(ZMTPError) -> (flags: CurveFlags, body: Range<Int>) {
        guard frame.count >= CurveSender.overhead, frame[..<8].elementsEqual(Self.name) else {
            throw ZMTPError("a frame is not encrypted")
        }
        let counter = UInt64(bigEndian: frame.loadUnaligned(fromByteOffset: 8, as: UInt64.self))
        guard counter > last else { throw ZMTPError("a frame comes again") }
        let start = plain.count
        let size = frame.count - Self.head - Sodium.macSize
        plain.makeRoom(for: size)
        let isOpen = box.open(
            UnsafeRawBufferPointer(rebasing: frame[Self.head...]), nonce: CurveNonce(prefix, counter: counter),
            into: plain.room)
        guard isOpen else { throw ZMTPError("a frame cannot be opened") }
        plain.add(size)
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
