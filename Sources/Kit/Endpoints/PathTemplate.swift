/// The path of an endpoint, such as `/api/v1/greeting/{name}`. The same value matches requests and prints them.
///
/// A last slash makes no difference: `/smoke` and `/smoke/` are one path.
public struct PathTemplate: Sendable, Hashable, ExpressibleByStringLiteral, CustomStringConvertible {
    /// One part of a path, between two slashes.
    public enum Segment: Sendable, Hashable {
        case literal(String)
        /// A part that carries the input field of this name.
        case field(String)
    }

    public let segments: [Segment]

    public init(_ template: String) {
        segments = Self.split(template).map { part in
            part.hasPrefix("{") && part.hasSuffix("}")
                ? .field(String(part.dropFirst().dropLast())) : .literal(String(part))
        }
    }

    public init(stringLiteral value: String) {
        self.init(value)
    }

    /// The names of the input fields that travel in the path.
    public var fields: [String] {
        segments.compactMap { if case .field(let name) = $0 { name } else { nil } }
    }

    /// The template as it was written, without a last slash.
    public var description: String {
        "/" + segments.map { if case .field(let name) = $0 { "{\(name)}" } else { $0.text } }.joined(separator: "/")
    }

    /// The template with all field names left out: two templates of one shape would answer the same requests.
    package var shape: String {
        "/" + segments.map { if case .field = $0 { "{}" } else { $0.text } }.joined(separator: "/")
    }

    /// Reads a request's path.
    ///
    /// - Parameter path: the path as it was sent, percent-encoded, without the query.
    /// - Returns: the decoded text of each field, or `nil` if the path is another one or badly encoded.
    public func match(_ path: some StringProtocol) -> [String: String]? {
        let parts = Self.split(path)
        guard path.utf8.first == UInt8(ascii: "/"), parts.count == segments.count else { return nil }
        var values: [String: String] = [:]
        for (segment, part) in zip(segments, parts) {
            switch segment {
            case .literal(let text):
                guard text == part else { return nil }
            case .field(let name):
                guard let value = PercentEncoding.decode(part), !value.isEmpty else { return nil }
                values[name] = value
            }
        }
        return values
    }

    /// Writes a request's path.
    ///
    /// - Parameter value: gives the text of a field.
    /// - Returns: the percent-encoded path, or `nil` if a field has no text.
    public func path(_ value: (String) -> String?) -> String? {
        var path = ""
        for segment in segments {
            switch segment {
            case .literal(let text): path += "/" + text
            case .field(let name):
                guard let text = value(name), !text.isEmpty else { return nil }
                path += "/" + PercentEncoding.encode(text)
            }
        }
        return path.isEmpty ? "/" : path
    }

    private static func split<Text: StringProtocol>(_ path: Text) -> [Text.SubSequence] {
        var parts = path.split(separator: "/", omittingEmptySubsequences: false).dropFirst()
        if parts.last?.isEmpty == true { parts.removeLast() }
        return Array(parts)
    }
}

extension PathTemplate.Segment {
    fileprivate var text: String {
        switch self {
        case .literal(let text), .field(let text): text
        }
    }
}
