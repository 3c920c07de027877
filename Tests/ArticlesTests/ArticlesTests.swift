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

    @Test("every piece of Swift in an article is compiled here", arguments: articles)
    func compiled(article: String) throws {
        let text = try String(contentsOf: Self.root.appendingPathComponent("Sources/\(article)"), encoding: .utf8)
        let snippets = try Self.lines(String(contentsOfFile: Self.snippets, encoding: .utf8))
        for block in text.components(separatedBy: "```swift\n").dropFirst() {
            let code = Self.lines(String(block.prefix(upTo: block.range(of: "```")?.lowerBound ?? block.endIndex)))
            let found = snippets.indices.contains { snippets[$0...].starts(with: code) }
            #expect(found, "\(article) shows what Snippets.swift does not have: \(code.first ?? "")")
        }
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

    private static let snippets = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
        .appendingPathComponent("Snippets.swift").path

    private static func lines(_ text: String) -> [String] {
        text.split(separator: "\n").map { $0.trimmingCharacters(in: .whitespaces) }.filter { !$0.isEmpty }
    }
}
