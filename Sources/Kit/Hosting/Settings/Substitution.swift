/// Expands `$NAME`, `${NAME}` and `${NAME:-default}` with its like (`-`, `:+`, `+`, `:?`, `?`) as Docker Compose does; `$$` is a
/// dollar sign, and so is one before anything else. A name that is not set is refused; Compose would read it as empty:
/// mostly it is the rest of a password.
struct Substitution {
    let value: (String) -> String?

    /// The longest value, in bytes, as for Linux: values that stand for one another twice would double with each line.
    static let maxLength = 128 * 1024

    private static let operators = [":-", ":+", ":?", "-", "+", "?"]

    func expand(_ text: String) throws(SubstitutionFault) -> String {
        var result = ""
        var rest = text[...].unicodeScalars
        while let scalar = rest.popFirst() {
            guard scalar == "$", let next = rest.first else {
                result.unicodeScalars.append(scalar)
                continue
            }
            if next == "$" {
                rest = rest.dropFirst()
                result += "$"
            } else if next == "{" {
                guard let end = Self.closingBrace(rest) else { throw SubstitutionFault("it has ${ without }") }
                result += try braced(rest[rest.index(after: rest.startIndex)..<end])
                rest = rest[rest.index(after: end)...]
            } else {
                let name = Self.name(rest)
                rest = rest[name.endIndex...]
                result += name.isEmpty ? "$" : try required(String(name))
            }
            guard result.utf8.count <= Self.maxLength else { throw SubstitutionFault("it is longer than 128 KiB") }
        }
        return result
    }

    /// The value of what is between braces.
    private func braced(_ text: Substring.UnicodeScalarView) throws(SubstitutionFault) -> String {
        let name = Self.name(text)
        let rest = text[name.endIndex...]
        guard !name.isEmpty else { throw SubstitutionFault("it has ${ without a name behind it") }
        guard !rest.isEmpty else { return try required(String(name)) }
        guard let sign = Self.operators.first(where: { rest.starts(with: $0.unicodeScalars) }) else {
            throw SubstitutionFault("it has something else than :-, -, :+, +, :? or ? behind a name in braces")
        }
        let value = value(String(name)).flatMap { $0.isEmpty && sign.hasPrefix(":") ? nil : $0 }
        let word = String(rest.dropFirst(sign.unicodeScalars.count))
        switch (sign.last, value) {
        case ("+", nil): return ""
        case ("+", _), ("-", nil): return try expand(word)
        case (_, let value?): return value
        default: return try required(nil)
        }
    }

    private func required(_ name: String?) throws(SubstitutionFault) -> String {
        guard let name, let value = value(name) else {
            throw SubstitutionFault("it has a $ before a name that is not set; $$ is a dollar sign")
        }
        return value
    }

    private static func name(_ text: Substring.UnicodeScalarView) -> Substring.UnicodeScalarView {
        guard let first = text.first, first == "_" || isLetter(first) else { return text[..<text.startIndex] }
        return text.prefix { $0 == "_" || isLetter($0) || ("0"..."9").contains($0) }
    }

    private static func isLetter(_ scalar: Unicode.Scalar) -> Bool {
        ("a"..."z").contains(scalar) || ("A"..."Z").contains(scalar)
    }

    /// - Returns: the place of the brace that closes the first one.
    private static func closingBrace(_ text: Substring.UnicodeScalarView) -> String.Index? {
        var depth = 0
        return text.indices.first { index in
            if text[index] == "{" { depth += 1 }
            if text[index] == "}" { depth -= 1 }
            return depth == 0
        }
    }
}

/// The reason why a text cannot be expanded. It shows nothing of it.
struct SubstitutionFault: Error {
    let reason: String

    init(_ reason: String) {
        self.reason = reason
    }
}
