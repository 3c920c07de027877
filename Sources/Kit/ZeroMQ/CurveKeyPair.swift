internal import CZeroMQ

/// A secret key and the public key that belongs to it. One pair per service, not per replica.
public struct CurveKeyPair: Sendable, Hashable {
    public let publicKey: CurvePublicKey
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
