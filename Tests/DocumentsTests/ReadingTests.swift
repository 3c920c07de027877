import Endpoints
import Foundation
import Hosting
import StarServices
import Testing

@Suite("What people read")
struct ReadingTests {
    private static let root = URL(fileURLWithPath: #filePath)
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

    private static func text(_ path: String) throws -> String {
        try String(contentsOf: root.appending(path: path), encoding: .utf8)
    }

    private static let hosting = "Sources/Kit/Hosting/Documentation.docc"

    @Test("the article on settings has every setting, and none that is not read")
    func settings() throws {
        let cells = try Self.text("\(Self.hosting)/Settings.md").split(separator: "\n").filter { $0.hasPrefix("| `") }
            .compactMap { $0.split(separator: "|").first }
        let names = cells.flatMap { $0.matches(of: /`([A-Z_<>]+)`/).map { String($0.1) } }
        let told = names.flatMap { name in
            name.hasPrefix("<SERVICE>")
                ? ServiceDefinition.all.map { $0.name.uppercased() + name.dropFirst("<SERVICE>".count) } : [name]
        }
        #expect(Set(told) == Set(StarSettings.all.map(\.name)))
    }

    @Test("the README is short, and leads to every article")
    func readme() throws {
        let readme = try Self.text("README.md")
        #expect(readme.split(separator: "\n", omittingEmptySubsequences: false).count <= 200)
        let articles =
            FileManager.default.enumerator(atPath: Self.root.appending(path: "Sources").path)?
            .compactMap { $0 as? String }.filter { $0.hasSuffix(".md") } ?? []
        #expect(articles.count >= 11)
        for article in articles { #expect(readme.contains("(Sources/\(article))"), "\(article)") }
    }

    @Test("the README names every check that stands alone")
    func checks() throws {
        let readme = try Self.text("README.md")
        let tests = Self.root.appending(path: "Tests")
        let checks = try FileManager.default.contentsOfDirectory(atPath: tests.path)
            .filter { FileManager.default.fileExists(atPath: tests.appending(path: "\($0)/check").path) }
        #expect(checks.count == 14)
        for check in checks { #expect(readme.contains(try Regex("\\b\(check)\\b")), "\(check)") }
    }

    @Test("the article on endpoints has every endpoint")
    func endpoints() throws {
        let article = try Self.text("\(Self.hosting)/Endpoints.md")
        let names = ServiceDefinition.all.flatMap { member in
            member.contract.qualifiedNames.map { $0 == "\(member.name).smoke" ? "<service>.smoke" : $0 }
        }
        let untold = (names + BuiltInContracts.names).filter { !article.contains("`\($0)`") }
        #expect(untold == [])
    }

    @Test("the article on errors has every problem that a contract names, with its status")
    func problems() throws {
        let rows = try Self.text("Sources/Kit/RPC/Documentation.docc/Errors.md").split(separator: "\n")
        for problem in Set(ServiceDefinition.all.flatMap(\.contract.endpoints).flatMap(\.problems)) {
            let row = rows.first { $0.hasPrefix("| ") && $0.contains("`\(problem.code)`") }
            #expect(row?.contains("\(problem.status)") == true, "\(problem.code)")
        }
    }
}
