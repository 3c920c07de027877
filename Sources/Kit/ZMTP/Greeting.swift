/// The greeting that both sides of a connection send first (RFC 37, section "The Greeting"): version 3.1, the mechanism
/// NULL or CURVE.
package enum Greeting {
    package static let size = 64

    /// The greeting of a side without CURVE.
    package static let bytes = of(nil)

    static func of(_ curve: Curve?) -> [UInt8] {
        [0xFF, 0, 0, 0, 0, 0, 0, 0, 0, 0x7F, 3, 1] + mechanism(curve) + [curve?.isServer == true ? 1 : 0]
            + [UInt8](repeating: 0, count: 31)
    }

    private static func mechanism(_ curve: Curve?) -> [UInt8] {
        curve == nil
            ? Array("NULL".utf8) + [UInt8](repeating: 0, count: 16)
            : Array("CURVE".utf8) + [UInt8](repeating: 0, count: 15)
    }

    /// Judges what has come so far, so that a peer of another protocol is sent away with its first bytes.
    ///
    /// - Returns: whether the greeting is whole.
    /// - Throws: where the other side speaks no ZMTP of version 3, or another mechanism.
    static func isWhole(_ bytes: UnsafeRawBufferPointer, _ curve: Curve?) throws(ZMTPError) -> Bool {
        if bytes.count > 0, bytes[0] != 0xFF { throw ZMTPError("the greeting does not begin with FF") }
        if bytes.count > 9, bytes[9] != 0x7F { throw ZMTPError("the greeting's signature does not end with 7F") }
        if bytes.count > 10, bytes[10] < 3 { throw ZMTPError("the peer speaks ZMTP \(bytes[10])") }
        guard bytes.count >= size else { return false }
        guard bytes[12..<32].elementsEqual(mechanism(curve)) else {
            throw ZMTPError("the mechanism is not \(curve == nil ? "NULL" : "CURVE")")
        }
        return true
    }
}
