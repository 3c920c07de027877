import Endpoints
public import Foundation

extension Document {
    /// The document as a JSON text for people: two spaces a level, a line break at the end.
    public var json: Data {
        var text = ""
        writeJSON(to: &text, indent: "")
        return Data((text + "\n").utf8)
    }

    private func writeJSON(to text: inout String, indent: String) {
        switch self {
        case .array(let elements) where !elements.isEmpty:
            Self.write(elements, between: ("[", "]"), to: &text, indent) { element, text, indent in
                element.writeJSON(to: &text, indent: indent)
            }
        case .object(let members) where !members.isEmpty:
            Self.write(members, between: ("{", "}"), to: &text, indent) { member, text, indent in
                text += Document.string(member.name).flow + ": "
                member.value.writeJSON(to: &text, indent: indent)
            }
        default: text += flow
        }
    }

    private static func write<Part>(
        _ parts: [Part], between brackets: (String, String), to text: inout String, _ indent: String,
        _ write: (Part, inout String, String) -> Void
    ) {
        let deeper = indent + "  "
        text += brackets.0
        for (index, part) in parts.enumerated() {
            text += (index == 0 ? "\n" : ",\n") + deeper
            write(part, &text, deeper)
        }
        text += "\n" + indent + brackets.1
    }

    /// A scalar, or an empty array or object, as JSON writes it.
    var flow: String {
        let value: JSONValue =
            switch self {
            case .null: .null
            case .bool(let flag): .bool(flag)
            case .integer(let number): .integer(number)
            case .number(let number): .number(number)
            case .string(let text): .string(text)
            case .array: .array([])
            case .object: .object([:])
            }
        return String(decoding: value.json(), as: UTF8.self)
    }
}
