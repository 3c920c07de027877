import Foundation
import Synchronization

/// Regular expressions of schemas, compiled once each. Their number is that of the patterns in the contracts.
enum RegexCache {
    private static let compiled = Mutex<[String: NSRegularExpression]>([:])

    /// True if the whole text matches. A pattern that does not compile matches nothing.
    static func matches(_ text: String, _ pattern: String) -> Bool {
        let expression = compiled.withLock { known in
            if let expression = known[pattern] { return Optional(expression) }
            var translation = PatternTranslation(pattern)
            let expression = try? NSRegularExpression(pattern: "\\A(?:\(translation.icu()))\\z")
            known[pattern] = expression
            return expression
        }
        let whole = NSRange(text.startIndex..., in: text)
        return expression?.firstMatch(in: text, range: whole) != nil
    }
}

/// Brings a regular expression of ECMA 262, with its flag u, to what Foundation understands, which is ICU's.
///
/// They have one notation and mean different things by it: ICU's `\d` is a digit of any script and its `\w` a letter of any,
/// which a program does not expect that turns the text into a number or a file's name; and a bracket or `&&` in a class begins
/// an operation of sets there.
struct PatternTranslation {
    private static let word = "a-zA-Z0-9_"
    /// ECMA 262, WhiteSpace and LineTerminator.
    private static let space = #"\t\n\u000B\f\r\u2028\u2029\uFEFF\p{Zs}"#

    private var rest: Substring.UnicodeScalarView
    private var isInClass = false
    private var result = String.UnicodeScalarView()

    init(_ pattern: String) {
        rest = pattern[...].unicodeScalars
    }

    mutating func icu() -> String {
        while let scalar = rest.popFirst() {
            switch scalar {
            case "\\": escape()
            case "[" where !isInClass:
                isInClass = true
                result.append(scalar)
                // A bracket that ends a class at once leaves it empty in ECMA 262.
                if rest.first == "^" { result.append(rest.removeFirst()) }
            case "]" where isInClass:
                isInClass = false
                result.append(scalar)
            case "[" where isInClass, "&" where isInClass: result.append(contentsOf: ["\\", scalar])
            case "." where !isInClass: append(#"[^\n\r\u2028\u2029]"#)
            default: result.append(scalar)
            }
        }
        return String(result)
    }

    /// Reads what follows a backslash.
    private mutating func escape() {
        guard let letter = rest.popFirst() else { return append(#"\"#) }
        switch letter {
        case "d": append(isInClass ? "0-9" : "[0-9]")
        case "D": append("[^0-9]")
        case "w": append(isInClass ? Self.word : "[\(Self.word)]")
        case "W": append("[^\(Self.word)]")
        case "s": append(isInClass ? Self.space : "[\(Self.space)]")
        case "S": append("[^\(Self.space)]")
        case "b" where isInClass: append(#"\u0008"#)
        case "b": append(Self.boundary)
        case "B": append("(?!\(Self.boundary))")
        case "u" where rest.first == "{": append(#"\x"#)
        default: result.append(contentsOf: ["\\", letter])
        }
    }

    private static let boundary = "(?:(?<=[\(word)])(?![\(word)])|(?<![\(word)])(?=[\(word)]))"

    private mutating func append(_ text: String) { result.append(contentsOf: text.unicodeScalars) }
}
