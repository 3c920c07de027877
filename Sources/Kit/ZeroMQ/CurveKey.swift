internal import CZeroMQ
internal import Glibc

/// A CURVE key: 32 bytes of Curve25519, written as 64 hexadecimal digits or 40 characters of Z85, or in a certificate.
public protocol CurveKey: Sendable, Hashable {
    /// Exactly 32 bytes.
    var bytes: [UInt8] { get }
    /// The name of such a key in a certificate.
    static var certificateName: String { get }
    /// - Throws: `ZeroMQError` `EINVAL` unless there are 32 bytes.
    init(bytes: [UInt8]) throws(ZeroMQError)
}

extension CurveKey {
    /// Reads 64 hexadecimal digits, 40 characters of Z85, or a certificate that holds such a key: see ``CurveCertificate``.
    /// - Throws: `ZeroMQError` `EINVAL`; the text is not repeated in the error, for it may be secret.
    public init(text: String) throws(ZeroMQError) {
        // A key comes first: Z85 has all the characters of a certificate's line.
        let bytes =
            Self.decoded(text) ?? CurveCertificate.value(of: Self.certificateName, in: text).flatMap(Self.decoded)
        guard let bytes else {
            let reason = "it is neither 64 hexadecimal digits, nor 40 characters of Z85, nor a certificate with it"
            throw ZeroMQError(code: EINVAL, operation: "read a CURVE key", reason: reason)
        }
        try self.init(bytes: bytes)
    }

    /// 64 hexadecimal digits in lower case.
    public var hex: String {
        let digits = Array("0123456789abcdef")
        return String(bytes.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] })
    }

    /// 40 characters of Z85 (RFC 32 of ZeroMQ).
    public var z85: String {
        withUnsafeTemporaryAllocation(of: CChar.self, capacity: 41) { text in
            guard let start = text.baseAddress, zmq_z85_encode(start, bytes, bytes.count) != nil else { return "" }
            return String(cString: start)
        }
    }

    static func checked(_ bytes: [UInt8]) throws(ZeroMQError) -> [UInt8] {
        guard bytes.count == 32 else {
            let reason = "it has \(bytes.count) bytes instead of 32"
            throw ZeroMQError(code: EINVAL, operation: "read a CURVE key", reason: reason)
        }
        return bytes
    }

    private static func decoded(_ text: String) -> [UInt8]? {
        let text = text.filter { !$0.isWhitespace }
        return text.utf8.count == 64 ? hexDecoded(text) : z85Decoded(text)
    }

    private static func hexDecoded(_ text: String) -> [UInt8]? {
        let digits = text.compactMap(\.hexDigitValue)
        guard digits.count == 64 else { return nil }
        return (0..<32).map { UInt8(digits[2 * $0] << 4 | digits[2 * $0 + 1]) }
    }

    private static func z85Decoded(_ text: String) -> [UInt8]? {
        guard text.utf8.count == 40, !text.utf8.contains(0) else { return nil }
        var bytes = [UInt8](repeating: 0, count: 32)
        return zmq_z85_decode(&bytes, text) == nil ? nil : bytes
    }
}

/// May be known to everybody; prints as Z85.
public struct CurvePublicKey: CurveKey, CustomStringConvertible {
    /// The name of the key in a certificate of czmq.
    public static let certificateName = "public-key"
    /// The 32 bytes of the key.
    public let bytes: [UInt8]

    /// A key of 32 bytes.
    ///
    /// - Throws: `ZeroMQError` `EINVAL` for another number of bytes.
    public init(bytes: [UInt8]) throws(ZeroMQError) { self.bytes = try Self.checked(bytes) }

    public var description: String { z85 }
}

/// Never prints itself; `hex` and `z85` are for writing a key file.
public struct CurveSecretKey: CurveKey, CustomStringConvertible, CustomReflectable {
    /// The name of the key in a certificate of czmq.
    public static let certificateName = "secret-key"
    /// The 32 bytes of the key.
    public let bytes: [UInt8]

    /// A key of 32 bytes.
    ///
    /// - Throws: `ZeroMQError` `EINVAL` for another number of bytes.
    public init(bytes: [UInt8]) throws(ZeroMQError) { self.bytes = try Self.checked(bytes) }

    public var description: String { "<secret key>" }
    public var customMirror: Mirror { Mirror(self, children: []) }
}

/// A secret key and the public key that belongs to it. One pair per service, not per replica.
public struct CurveKeyPair: Sendable, Hashable {
    /// The half that others may know.
    public let publicKey: CurvePublicKey
    /// The half that only its owner may know.
    public let secretKey: CurveSecretKey

    /// The pair of a known secret.
    /// - Throws: `ZeroMQError` `ENOTSUP` if libzmq was built without CURVE.
    public init(secretKey: CurveSecretKey) throws(ZeroMQError) {
        var text = [CChar](repeating: 0, count: 41)
        guard zmq_curve_public(&text, secretKey.z85) == 0 else { throw .last("derive a CURVE public key") }
        self.secretKey = secretKey
        publicKey = try CurvePublicKey(z85: text)
    }

    /// A new pair, from the system's random source.
    /// - Throws: `ZeroMQError` `ENOTSUP` if libzmq was built without CURVE.
    public static func generate() throws(ZeroMQError) -> CurveKeyPair {
        var publicText = [CChar](repeating: 0, count: 41)
        var secretText = publicText
        guard zmq_curve_keypair(&publicText, &secretText) == 0 else { throw .last("make a CURVE key pair") }
        return CurveKeyPair(
            publicKey: try CurvePublicKey(z85: publicText), secretKey: try CurveSecretKey(z85: secretText))
    }

    private init(publicKey: CurvePublicKey, secretKey: CurveSecretKey) {
        self.publicKey = publicKey
        self.secretKey = secretKey
    }
}

extension CurveKey {
    /// From libzmq's NUL-terminated text.
    fileprivate init(z85 text: [CChar]) throws(ZeroMQError) {
        try self.init(text: String(decoding: text.prefix(40).map(UInt8.init(bitPattern:)), as: UTF8.self))
    }
}

/// The files in which `zmq.auth` of pyzmq and `zcert` of czmq keep CURVE keys, in Z85 (ZPL, RFC 4 of ZeroMQ): a public one, and
/// one with both halves.
public enum CurveCertificate {
    /// The text of a file for a pair.
    ///
    /// - Parameter hasSecret: true if it is the owner's, with the secret key.
    public static func text(of pair: CurveKeyPair, hasSecret: Bool) -> String {
        let kind = hasSecret ? "Secret Certificate: keep it to its owner" : "Public Certificate"
        let secret = hasSecret ? "    \(CurveSecretKey.certificateName) = \"\(pair.secretKey.z85)\"\n" : ""
        return """
            #   ZeroMQ CURVE \(kind)
            metadata
            curve
                \(CurvePublicKey.certificateName) = "\(pair.publicKey.z85)"
            \(secret)
            """
    }

    /// The value of a name in a file.
    ///
    /// - Returns: `nil` if the text has no such line.
    static func value(of name: String, in text: String) -> String? {
        for line in text.split(whereSeparator: \.isNewline) {
            let parts = line.split(separator: "=", maxSplits: 1).map { $0.filter { $0 != " " && $0 != "\t" } }
            guard parts.count == 2, parts[0] == name else { continue }
            return String(parts[1].filter { $0 != "\"" && $0 != "'" })
        }
        return nil
    }
}
