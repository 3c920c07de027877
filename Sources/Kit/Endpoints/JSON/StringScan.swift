/// The bytes of JSON strings, looked at eight at a time: long texts cost little more than their copy.
enum StringScan {
    /// The offset of the first byte, from `start` on, that does not stand for itself in a JSON string: a quotation mark, a
    /// backslash or a control character (RFC 8259, section 7). The number of bytes if there is none.
    static func firstSpecial(in bytes: UnsafeBufferPointer<UInt8>, from start: Int) -> Int {
        let raw = UnsafeRawBufferPointer(bytes)
        var index = start
        while index &+ 32 <= raw.count {
            let marks =
                marks(in: raw, at: index) | marks(in: raw, at: index &+ 8) | marks(in: raw, at: index &+ 16)
                | marks(in: raw, at: index &+ 24)
            guard marks == 0 else { break }
            index &+= 32
        }
        while index < raw.count, !isSpecial(raw[index]) { index &+= 1 }
        return index
    }

    private static func isSpecial(_ byte: UInt8) -> Bool {
        byte < 0x20 || byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\")
    }

    /// Zero if none of the eight bytes is special: the highest bit of each byte that is below 0x20, or zero after the
    /// comparison with a character. A borrow marks bytes beside a special one only.
    @inline(__always)
    private static func marks(in bytes: UnsafeRawBufferPointer, at offset: Int) -> UInt64 {
        let word = bytes.loadUnaligned(fromByteOffset: offset, as: UInt64.self)
        let quote = word ^ each(UInt8(ascii: "\""))
        let backslash = word ^ each(UInt8(ascii: "\\"))
        let below =
            (word &- each(0x20)) & ~word | (quote &- each(1)) & ~quote | (backslash &- each(1)) & ~backslash
        return below & each(0x80)
    }

    @inline(__always)
    private static func each(_ byte: UInt8) -> UInt64 { UInt64(byte) &* 0x0101_0101_0101_0101 }
}
