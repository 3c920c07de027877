import Foundation
import Synchronization

/// Regular expressions of schemas, compiled once each. Their number is that of the patterns in the contracts.
enum RegexCache {
    private static let compiled = Mutex<[String: NSRegularExpression]>([:])

    /// True if the whole text matches. A pattern that does not compile matches nothing.
    static func matches(_ text: String, _ pattern: String) -> Bool {
        let expression = compiled.withLock { known in
            if let expression = known[pattern] { return Optional(expression) }
            let expression = try? NSRegularExpression(pattern: "\\A(?:\(pattern))\\z")
            known[pattern] = expression
            return expression
        }
        let whole = NSRange(text.startIndex..., in: text)
        return expression?.firstMatch(in: text, range: whole) != nil
    }
}
