/// The form of the header `tracestate` (W3C Trace Context, section 3.3).
enum TraceState {
    /// As much as every participant should pass on.
    private static let maxBytes = 512
    private static let maxMembers = 32

    /// True for 1 to 32 members `key=value` between commas. Members may be empty, and have spaces and tabs around them.
    static func isValid(_ header: String) -> Bool {
        guard header.utf8.count <= maxBytes else { return false }
        let members = header.utf8.split(separator: UInt8(ascii: ",")).map(trimmed).filter { !$0.isEmpty }
        return (1...maxMembers).contains(members.count) && members.allSatisfy(isMember)
    }

    private static func trimmed(_ text: Substring.UTF8View) -> Substring.UTF8View {
        let rest = text.drop(while: isSpace)
        guard let last = rest.lastIndex(where: { !isSpace($0) }) else { return rest[rest.endIndex...] }
        return rest[...last]
    }

    private static func isSpace(_ byte: UInt8) -> Bool { byte == UInt8(ascii: " ") || byte == UInt8(ascii: "\t") }

    private static func isMember(_ member: Substring.UTF8View) -> Bool {
        guard let separator = member.firstIndex(of: UInt8(ascii: "=")) else { return false }
        let (key, value) = (member[..<separator], member[separator...].dropFirst())
        return isKey(key) && (1...256).contains(value.count)
            && value.allSatisfy { (0x20...0x7E).contains($0) && $0 != UInt8(ascii: "=") }
    }

    /// `vendor` or `tenant@vendor`.
    private static func isKey(_ key: Substring.UTF8View) -> Bool {
        guard let first = key.first, isLetterOrDigit(first), key.count <= 256 else { return false }
        return key.count(where: { $0 == UInt8(ascii: "@") }) <= 1
            && key.allSatisfy { isLetterOrDigit($0) || "_-*/@".utf8.contains($0) }
    }

    private static func isLetterOrDigit(_ byte: UInt8) -> Bool {
        (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte) || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
    }
}
