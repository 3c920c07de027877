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

/// The style by which a line differs from the others, in two ways at once: a colour that people who confuse colours can
/// distinguish too (Okabe and Ito's, lighter on dark ground), and dashes.
struct LineStyle: Equatable {
    private static let colours: [(light: String, dark: String)] = [
        ("#0072b2", "#56b4e9"), ("#d55e00", "#ff9248"), ("#00795c", "#2fd0a3"), ("#b0558c", "#f0a3cf"),
        ("#a37000", "#f2c14e"), ("#5b5b5b", "#c8c8c8"),
    ]
    private static let dashes = ["", "7 4", "2 3", "9 3 2 3"]

    static var count: Int { colours.count * dashes.count }

    /// Its index; beyond ``count`` they begin anew.
    let number: Int

    var name: String { "s\(number % Self.count)" }

    /// The style sheet of all of them, and of all else that a plot draws.
    static var sheet: String {
        """
        text { font: 12px system-ui, 'DejaVu Sans', Helvetica, Arial, sans-serif; fill: #222; }
        .title { font-size: 14px; font-weight: 600; } .tick { font-size: 11px; fill: #555; } .ground { fill: #fff; }
        .note { font-size: 11px; fill: #555; }
        .grid { stroke: #e3e3e3; } .line { fill: none; stroke-width: 2; stroke-linejoin: round; } .mark { stroke: none; }
        \(rules { $0.light })
        \(dashRules)
        @media (prefers-color-scheme: dark) {
        text { fill: #e8e8e8; } .tick, .note { fill: #aaa; } .ground { fill: #14171c; } .grid { stroke: #30353d; }
        \(rules { $0.dark })
        }
        """
    }

    private static func rules(_ colour: ((light: String, dark: String)) -> String) -> String {
        (0..<count).map { number in
            let colour = colour(colours[number % colours.count])
            return ".line.s\(number) { stroke: \(colour); } .mark.s\(number) { fill: \(colour); }"
        }.joined(separator: "\n")
    }

    private static var dashRules: String {
        (colours.count..<count).map { ".line.s\($0) { stroke-dasharray: \(dashes[$0 / colours.count]); }" }
            .joined(separator: "\n")
    }
}
