/// What both sides of a connection say first (RFC 37, section "The Greeting"): version 3.1, the NULL mechanism.
package enum Greeting {
    package static let size = 64

    /// What this side says.
    package static let bytes: [UInt8] =
        [0xFF, 0, 0, 0, 0, 0, 0, 0, 0, 0x7F, 3, 1] + mechanism + [UInt8](repeating: 0, count: 32)

    private static let mechanism = Array("NULL".utf8) + [UInt8](repeating: 0, count: 16)

    /// Judges what has come so far, so that a peer of another protocol is sent away with its first bytes.
    ///
    /// - Returns: whether the greeting is whole.
    /// - Throws: where the other side speaks no ZMTP of version 3, or another mechanism.
    static func isWhole(_ bytes: UnsafeRawBufferPointer) throws(ZMTPFault) -> Bool {
        if bytes.count > 0, bytes[0] != 0xFF { throw ZMTPFault("the greeting does not begin with FF") }
        if bytes.count > 9, bytes[9] != 0x7F { throw ZMTPFault("the greeting's signature does not end with 7F") }
        if bytes.count > 10, bytes[10] < 3 { throw ZMTPFault("the peer speaks ZMTP \(bytes[10])") }
        guard bytes.count >= size else { return false }
        guard bytes[12..<32].elementsEqual(mechanism) else { throw ZMTPFault("the mechanism is not NULL") }
        return true
    }
}
