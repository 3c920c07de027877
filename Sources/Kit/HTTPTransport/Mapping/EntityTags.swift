/// The entity tags of `If-None-Match` (RFC 9110, section 13.1.2).
enum EntityTags {
    /// True if a list is `*`, or has the tag of the representation that would be sent. The comparison is the weak one
    /// (section 8.8.3.2): a proxy that compresses may have made the tag weak. That of the same content in another coding is
    /// another tag.
    ///
    /// - Parameter tag: with its quotes. It is a strong one.
    static func list(_ list: String, holds tag: String) -> Bool {
        var rest = list.utf8[...]
        if rest.elementsEqual("*".utf8) { return true }
        while true {
            rest = rest.drop { $0 == comma || $0 == UInt8(ascii: " ") || $0 == UInt8(ascii: "\t") }
            if rest.starts(with: "W/".utf8) { rest = rest.dropFirst(2) }
            // A comma within the quotes is a part of the tag.
            guard rest.first == quote, let end = rest.dropFirst().firstIndex(of: quote) else { return false }
            if rest[...end].elementsEqual(tag.utf8) { return true }
            rest = rest[rest.index(after: end)...]
        }
    }

    private static let comma = UInt8(ascii: ",")
    private static let quote = UInt8(ascii: "\"")
}
