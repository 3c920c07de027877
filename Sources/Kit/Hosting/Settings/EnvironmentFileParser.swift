/// Reads the text of a settings file, whose lines end with LF. See ``EnvironmentFile`` for the dialect.
struct EnvironmentFileParser {
    private(set) var entries: [String: EnvironmentFile.Entry] = [:]
    private var rest: Substring.UnicodeScalarView
    private var line = 1
    private let environment: [String: String]

    init(_ text: String, environment: [String: String]) {
        rest = text[...].unicodeScalars
        self.environment = environment
    }

    mutating func parse() throws(EnvironmentFileFault) {
        try checkLineEnds()
        while true {
            skip(\.properties.isWhitespace)
            guard let first = rest.first else { return }
            if first == "#" {
                skip { $0 != "\n" }
            } else {
                try parseEntry()
            }
        }
    }

    private mutating func parseEntry() throws(EnvironmentFileFault) {
        let start = line
        let (name, hasValue) = try parseName()
        guard hasValue else {
            if entries[name] == nil { entries[name] = EnvironmentFile.Entry(value: nil, line: start) }
            return
        }
        skip(Self.isBlank)
        let quote = rest.first == "'" || rest.first == "\"" ? rest.first : nil
        let text = if let quote { try parseQuoted(quote) } else { try parseUnquoted() }
        let value = quote == "'" ? text : try expand(text, start)
        entries[name] = EnvironmentFile.Entry(value: value, line: start)
    }

    /// - Returns: the name, and whether a value follows.
    private mutating func parseName() throws(EnvironmentFileFault) -> (String, Bool) {
        let export = "export".unicodeScalars
        if rest.starts(with: export), let next = rest.dropFirst(export.count).first, Self.isBlank(next) {
            rest = rest.dropFirst(export.count)
            skip(Self.isBlank)
        }
        let end = rest.firstIndex { "=:\n".unicodeScalars.contains($0) } ?? rest.endIndex
        let name = Self.trimmed(rest[..<end])
        guard !name.isEmpty, name.allSatisfy(Self.isOfName) else { throw fault("it is not NAME=value") }
        let hasValue = end < rest.endIndex && rest[end] != "\n"
        rest = rest[(hasValue ? rest.index(after: end) : end)...]
        return (String(name), hasValue)
    }

    private mutating func parseUnquoted() throws(EnvironmentFileFault) -> String {
        let text = rest.prefix { $0 != "\n" }
        rest = rest[text.endIndex...]
        guard text.first != "#" else {
            throw fault("its value begins with #; put the value in quotes, or the comment on a line of its own")
        }
        let comment = text.indices.first { text[$0...].starts(with: " #".unicodeScalars) }
        let value = Self.trimmed(text[..<(comment ?? text.endIndex)])
        guard !zip(value, value.dropFirst()).contains(where: { $0.properties.isWhitespace && $1 == "#" }) else {
            throw fault("a # follows a tab; put a space before a comment, or the value in quotes")
        }
        return String(value)
    }

    /// Reads to the closing quote. A backslash keeps a quote from closing; between double quotes it makes other characters, too.
    private mutating func parseQuoted(_ quote: Unicode.Scalar) throws(EnvironmentFileFault) -> String {
        let start = line
        rest = rest.dropFirst()
        var value = String.UnicodeScalarView()
        while let scalar = next() {
            if scalar == quote {
                try parseEndOfQuoted()
                return String(value)
            }
            guard scalar == "\\", let escaped = next() else {
                value.append(scalar)
                continue
            }
            if escaped == quote {
                value.append(escaped)
            } else if quote == "\"" {
                value += try unescaped(escaped)
            } else {
                value += [scalar, escaped]
            }
        }
        throw EnvironmentFileFault(line: start, reason: "its quote is not closed")
    }

    private mutating func parseEndOfQuoted() throws(EnvironmentFileFault) {
        skip(Self.isBlank)
        guard rest.first == nil || rest.first == "\n" || rest.first == "#" else {
            throw fault("something follows the closing quote")
        }
    }

    /// - Returns: the character that a backslash and the next one stand for; both, if that is none.
    private func unescaped(_ scalar: Unicode.Scalar) throws(EnvironmentFileFault) -> String.UnicodeScalarView {
        let escapes: [Unicode.Scalar: String] = [
            "a": "\u{7}", "b": "\u{8}", "f": "\u{C}", "n": "\n", "r": "\r", "t": "\t", "v": "\u{B}", "\\": "\\",
            // Not yet a dollar sign: names are expanded afterwards.
            "$": "$$",
        ]
        guard scalar != "0" else { throw fault("it has an octal number behind a backslash") }
        return (escapes[scalar] ?? "\\\(scalar)").unicodeScalars
    }

    private func expand(_ text: String, _ line: Int) throws(EnvironmentFileFault) -> String {
        do throws(SubstitutionFault) {
            return try Substitution { environment[$0] ?? entries[$0]?.value }.expand(text)
        } catch {
            throw EnvironmentFileFault(line: line, reason: error.reason)
        }
    }
}

extension EnvironmentFileParser {
    private mutating func next() -> Unicode.Scalar? {
        let scalar = rest.popFirst()
        if scalar == "\n" { line += 1 }
        return scalar
    }

    private mutating func skip(_ isSkipped: (Unicode.Scalar) -> Bool) {
        while let scalar = rest.first, isSkipped(scalar) { _ = next() }
    }

    private func fault(_ reason: String) -> EnvironmentFileFault { EnvironmentFileFault(line: line, reason: reason) }

    /// Compose takes a line that ends with a carriage return alone for a part of the next.
    private func checkLineEnds() throws(EnvironmentFileFault) {
        let lines = rest.split(separator: "\n", omittingEmptySubsequences: false)
        guard let index = lines.firstIndex(where: { Self.trimmed($0).contains("\r") }) else { return }
        throw EnvironmentFileFault(
            line: index + 1, reason: "it has a carriage return inside; end lines with LF or CR LF")
    }

    private static func trimmed(_ text: Substring.UnicodeScalarView) -> Substring.UnicodeScalarView {
        let end = text.lastIndex { !$0.properties.isWhitespace }
        return end.map { text[...$0] } ?? text[text.startIndex..<text.startIndex]
    }

    private static func isBlank(_ scalar: Unicode.Scalar) -> Bool { scalar != "\n" && scalar.properties.isWhitespace }

    private static func isOfName(_ scalar: Unicode.Scalar) -> Bool {
        scalar.properties.isAlphabetic || scalar.properties.numericType != nil
            || "_.-[]".unicodeScalars.contains(scalar)
    }
}
