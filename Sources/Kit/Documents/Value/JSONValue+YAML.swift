package import Foundation
package import JSON

extension JSONValue {
    /// The value as a JSON text for people: two spaces a level, a line break at the end.
    package var indentedJSON: Data { json(pretty: true) + Data("\n".utf8) }

    /// The value as YAML 1.2, which its readers of version 1.1 take for the same.
    package var yaml: Data {
        var text = ""
        writeYAML(to: &text, indent: "")
        return Data(text.utf8)
    }

    /// Writes the value from where the line stands, and ends the line.
    private func writeYAML(to text: inout String, indent: String) {
        switch self {
        case .array(let elements) where !elements.isEmpty:
            for (index, element) in elements.enumerated() {
                text += (index == 0 ? "" : indent) + "- "
                element.writeYAML(to: &text, indent: indent + "  ")
            }
        case .object(let members) where !members.isEmpty:
            for (index, member) in members.enumerated() {
                text += (index == 0 ? "" : indent) + Self.scalar(member.name) + ":"
                text += member.value.isBlock ? "\n" + indent + "  " : " "
                member.value.writeYAML(to: &text, indent: indent + "  ")
            }
        case .string(let string): text += Self.scalar(string) + "\n"
        default: text += flow + "\n"
        }
    }

    /// True if it takes lines of its own.
    private var isBlock: Bool { !members.isEmpty || !elements.isEmpty }

    /// A scalar, or an empty array or object, as JSON writes it.
    private var flow: String { String(decoding: json(), as: UTF8.self) }

    /// A text without quotes only if it cannot be read as something else; otherwise as JSON quotes it, which
    /// YAML reads too.
    private static func scalar(_ text: String) -> String {
        isPlain(text) ? text : JSONValue.string(text).flow
    }

    private static func isPlain(_ text: String) -> Bool {
        guard let first = text.unicodeScalars.first, first == "/" || first.isPlain(or: "") && !first.isDigit,
            text.unicodeScalars.allSatisfy({ $0.isPlain(or: "_./ -") }), !text.hasSuffix(" "), !text.hasSuffix("-")
        else { return false }
        return !["true", "false", "null", "yes", "no", "on", "off", "y", "n"].contains(text.lowercased())
    }
}

// Not regular expressions: each use of a literal parses it again, and a document has thousands of names.
extension Unicode.Scalar {
    /// True if it is a letter or a digit of ASCII, or one of the others.
    func isPlain(or others: String) -> Bool {
        ("a"..."z").contains(self) || ("A"..."Z").contains(self) || isDigit || others.unicodeScalars.contains(self)
    }

    fileprivate var isDigit: Bool { ("0"..."9").contains(self) }
}
