import Foundation

/// A drawing as a value: elements with attributes, and what is inside of them.
struct SVG: Equatable {
    let name: String
    var attributes: [Attribute]
    var children: [SVG] = []
    /// Character data, before the children.
    var text: String?

    struct Attribute: Equatable {
        let name: String
        let value: String
    }

    /// - Parameter attributes: numbers are written with two digits after the point at most.
    init(
        _ name: String, _ attributes: KeyValuePairs<String, any Writable> = [:], text: String? = nil,
        _ children: [SVG] = []
    ) {
        self.name = name
        self.attributes = attributes.map { Attribute(name: $0, value: $1.svg) }
        self.text = text
        self.children = children
    }

    /// A type that an attribute's value may have.
    protocol Writable {
        var svg: String { get }
    }

    /// The document as a text, with a line for each element.
    var document: String {
        var lines: [String] = []
        write(to: &lines, indent: "")
        return lines.joined(separator: "\n") + "\n"
    }

    private func write(to lines: inout [String], indent: String) {
        let tag = ([name] + attributes.map { "\($0.name)=\"\(Self.escaped($0.value))\"" }).joined(separator: " ")
        let text = text.map(Self.escaped)
        guard !children.isEmpty else {
            lines.append(indent + (text.map { "<\(tag)>\($0)</\(name)>" } ?? "<\(tag)/>"))
            return
        }
        lines.append("\(indent)<\(tag)>\(text ?? "")")
        for child in children { child.write(to: &lines, indent: indent + " ") }
        lines.append("\(indent)</\(name)>")
    }

    private static func escaped(_ text: String) -> String {
        text.replacing("&", with: "&amp;").replacing("<", with: "&lt;").replacing(">", with: "&gt;")
            .replacing("\"", with: "&quot;")
    }
}

extension String: SVG.Writable {
    var svg: String { self }
}

extension Int: SVG.Writable {
    var svg: String { String(self) }
}

extension Double: SVG.Writable {
    var svg: String {
        formatted(.number.precision(.fractionLength(0...2)).grouping(.never).locale(.init(identifier: "en_US_POSIX")))
    }
}
