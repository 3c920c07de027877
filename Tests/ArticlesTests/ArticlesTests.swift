import Foundation
import Testing

@Suite("Articles")
struct ArticlesTests {
    private static let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
        .deletingLastPathComponent().deletingLastPathComponent()

    static var articles: [String] {
        let files = FileManager.default.enumerator(atPath: root.appendingPathComponent("Sources").path)
        return (files?.compactMap { $0 as? String } ?? []).filter { $0.hasSuffix(".md") }.sorted()
    }

    @Test("there are articles to look at")
    func exist() {
        #expect(Self.articles.count >= 8)
    }

    @Test(
        "every piece of Swift in an article or the README is compiled, here or in Tests/Outside",
        arguments: ["README.md"] + articles.map { "Sources/" + $0 })
    func compiled(page: String) throws {
        let text = try String(contentsOf: Self.root.appendingPathComponent(page), encoding: .utf8)
        let files = try Self.compiledFiles.map { try Self.lines(String(contentsOf: $0, encoding: .utf8)) }
        for block in text.components(separatedBy: "```swift\n").dropFirst() {
            let code = Self.lines(String(block.prefix(upTo: block.range(of: "```")?.lowerBound ?? block.endIndex)))
            let found = files.contains { file in file.indices.contains { file[$0...].starts(with: code) } }
            #expect(found, "\(page) shows what no compiled file has: \(code.first ?? "")")
        }
    }

    /// Snippets.swift, and the package that uses the kit from outside.
    private static var compiledFiles: [URL] {
        let outside = root.appendingPathComponent("Tests/Outside")
        let files = FileManager.default.enumerator(at: outside, includingPropertiesForKeys: nil)
        let swift = (files?.compactMap { $0 as? URL } ?? []).filter { $0.pathExtension == "swift" }
        return swift + [
            URL(fileURLWithPath: #filePath).deletingLastPathComponent().appendingPathComponent("Snippets.swift")
        ]
    }

    @Test(
        "every file that an article or the README links to is there",
        arguments: ["README.md"] + articles.map { "Sources/" + $0 })
    func links(page: String) throws {
        let url = Self.root.appendingPathComponent(page)
        let text = try String(contentsOf: url, encoding: .utf8)
        for match in text.matches(of: /\]\((?<target>[^)#:]+)\)/) {
            let target = url.deletingLastPathComponent().appendingPathComponent(String(match.target))
            #expect(FileManager.default.fileExists(atPath: target.path), "\(page) links to \(match.target)")
        }
    }

    private static func lines(_ text: String) -> [String] {
        text.split(separator: "\n").map { $0.trimmingCharacters(in: .whitespaces) }.filter { !$0.isEmpty }
    }
}
