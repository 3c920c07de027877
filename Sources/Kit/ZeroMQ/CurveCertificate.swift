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
