/// The target of a request: a path without its last slash, and a query (RFC 9112, section 3.2).
struct RequestTarget {
    let path: String
    /// True if the path was sent with a last slash.
    let hasLastSlash: Bool
    let query: Substring?

    /// - Parameter text: in origin form, `/path?query`, or in absolute form, `http://host/path?query`.
    init(_ text: String) {
        let origin = text.utf8.first == UInt8(ascii: "/") ? text[...] : Self.origin(ofAbsolute: text)
        let mark = origin.utf8.firstIndex(of: UInt8(ascii: "?"))
        var path = origin[..<(mark ?? origin.endIndex)]
        hasLastSlash = path.utf8.last == UInt8(ascii: "/") && path.utf8.count > 1
        if hasLastSlash { path.removeLast() }
        self.path = String(path)
        query = mark.map { origin[origin.utf8.index(after: $0)...] }
    }

    private static func origin(ofAbsolute text: String) -> Substring {
        guard let scheme = ["http://", "https://"].first(where: text.lowercased().hasPrefix) else { return text[...] }
        let authority = text.dropFirst(scheme.count)
        guard let end = authority.utf8.firstIndex(where: { $0 == UInt8(ascii: "/") || $0 == UInt8(ascii: "?") }) else {
            return "/"
        }
        return authority[end] == "?" ? "/" + authority[end...] : authority[end...]
    }
}
