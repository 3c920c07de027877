/// Turns what is written of the boilerplate into the same of another service: names in three spellings, and ports.
struct Substitutions: Sendable {
    let name: ServiceName
    /// The port for HTTP; in containers, ZeroMQ's is a thousand more.
    let port: Int
    let templatePort: Int

    static let portOfZeroMQ = 1000

    func applied(to text: String) -> String {
        let template = ServiceName.template
        return
            text
            .replacing(template.capitalized, with: name.capitalized)
            .replacing(template.lowercase, with: name.lowercase)
            .replacing(template.uppercase, with: name.uppercase)
            .replacing(/[0-9]+/) { number in replacement(for: String(number.output)) }
    }

    private func replacement(for number: String) -> String {
        switch Int(number) {
        case templatePort: String(port)
        case templatePort + Self.portOfZeroMQ: String(port + Self.portOfZeroMQ)
        default: number
        }
    }
}

/// An addition of a new service to a file that lists them all: what is said there of the boilerplate is said once more.
enum FileEdit: Sendable {
    /// Each run of lines that have the text is repeated, renamed, below itself.
    case lines(String)
    /// Wherever the text stands, it is repeated, renamed, behind itself, with the separator between.
    case repeated(String, separator: String = "")
    /// The line, and the lines below it that are further in, are repeated, renamed, below themselves.
    case block(String)
    /// The second text is put behind the first, as it is.
    case behind(String, String)

    /// - Returns: the file with the addition; `nil` if it does not have what the addition is made to.
    func applied(to text: String, _ rename: Substitutions) -> String? {
        switch self {
        case .lines(let mark): Self.repeatingLines(of: text, with: mark, rename)
        case .block(let head): Self.repeatingBlock(of: text, under: head, rename)
        case .behind(let anchor, let more):
            text.contains(anchor) ? text.replacing(anchor, with: anchor + more) : nil
        case .repeated(let anchor, let separator):
            text.contains(anchor) ? text.replacing(anchor, with: anchor + separator + rename.applied(to: anchor)) : nil
        }
    }

    /// The place of the addition, for people.
    var anchor: String {
        switch self {
        case .lines(let text), .repeated(let text, _), .block(let text), .behind(let text, _): text
        }
    }

    private static func repeatingLines(of text: String, with mark: String, _ rename: Substitutions) -> String? {
        guard text.contains(mark) else { return nil }
        var result: [String] = []
        var run: [String] = []
        for line in text.components + [""] {
            if line.contains(mark) {
                run.append(line)
            } else {
                result += run.map(rename.applied(to:))
                run = []
            }
            result.append(line)
        }
        return result.dropLast().joined(separator: "\n")
    }

    private static func repeatingBlock(of text: String, under head: String, _ rename: Substitutions) -> String? {
        var lines = text.components
        guard let start = lines.firstIndex(of: head) else { return nil }
        let below = lines[(start + 1)...]
        let next = below.firstIndex { !$0.isEmpty && $0.indentation <= head.indentation } ?? lines.endIndex
        let end = (lines[..<next].lastIndex { !$0.isEmpty } ?? start) + 1
        lines.insert(contentsOf: [""] + lines[start..<end].map(rename.applied(to:)), at: end)
        return lines.joined(separator: "\n")
    }
}

extension String {
    fileprivate var components: [String] { split(separator: "\n", omittingEmptySubsequences: false).map(String.init) }
    fileprivate var indentation: Int { prefix { $0 == " " }.count }
}
