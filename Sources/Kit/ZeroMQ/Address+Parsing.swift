extension Address {
    /// The longest path that fits `sockaddr_un` with its final NUL, in bytes.
    static let longestPath = 107
    private static let longestName = 255

    static func parse(_ text: String) throws(AddressError) -> Target {
        func refuse(_ reason: String) -> AddressError { AddressError(text: text, reason: reason) }
        guard let separator = text.firstRange(of: "://") else {
            throw refuse("it begins with none of ipc://, tcp://, inproc://")
        }
        let rest = text[separator.upperBound...]
        guard !rest.unicodeScalars.contains(where: { $0.value < 0x21 || $0.value == 0x7F }) else {
            throw refuse("it holds a space or a control character")
        }
        do throws(Refusal) {
            switch text[..<separator.lowerBound] {
            case "ipc": return .ipc(path: try path(rest))
            case "tcp": return try hostAndPort(rest)
            case "inproc": return .inproc(name: try name(rest))
            case let scheme: throw Refusal("\(scheme):// is not one of ipc://, tcp://, inproc://")
            }
        } catch {
            throw refuse(error.reason)
        }
    }

    private struct Refusal: Error {
        let reason: String
        init(_ reason: String) { self.reason = reason }
    }

    private static func path(_ text: Substring) throws(Refusal) -> String {
        guard !text.isEmpty else { throw Refusal("the path is missing") }
        guard !text.hasPrefix("@") else { throw Refusal("abstract names (@…) have no permissions; use a path") }
        guard text != "*", !text.hasSuffix("/") else { throw Refusal("the path must name a file") }
        guard text.utf8.count <= longestPath else {
            throw Refusal("the path has \(text.utf8.count) bytes, and the system allows \(longestPath)")
        }
        return String(text)
    }

    private static func name(_ text: Substring) throws(Refusal) -> String {
        guard !text.isEmpty else { throw Refusal("the name is missing") }
        guard text.utf8.count <= longestName else { throw Refusal("the name is longer than \(longestName) bytes") }
        return String(text)
    }

    private static func hostAndPort(_ text: Substring) throws(Refusal) -> Target {
        guard let colon = text.lastIndex(of: ":") else { throw Refusal("the port is missing") }
        let host = text[..<colon]
        let port = text[text.index(after: colon)...]
        guard !host.isEmpty else { throw Refusal("the host is missing") }
        let isBracketed = host.hasPrefix("[") && host.hasSuffix("]") && host.count > 2
        guard isBracketed || !host.contains(where: { "[]:/;@".contains($0) }) else {
            throw Refusal("the host is not a name, an IPv4 address, or an IPv6 address in brackets")
        }
        if port == "*" { return .tcp(host: String(host), port: 0) }
        guard !port.isEmpty, port.utf8.allSatisfy({ (48...57).contains($0) }), let number = UInt16(port) else {
            throw Refusal("the port is not a number from 0 to 65535, nor *")
        }
        return .tcp(host: String(host), port: number)
    }
}
