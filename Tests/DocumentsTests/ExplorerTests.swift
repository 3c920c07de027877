import Documents
import Foundation
import Testing

@Suite("The explorer")
struct ExplorerTests {
    private func text(_ path: String) throws -> String {
        let file = try #require(Explorer.files.first { $0.path == path })
        return String(decoding: file.content, as: UTF8.self)
    }

    @Test("loads nothing from elsewhere")
    func assets() throws {
        for file in Explorer.files {
            let text = String(decoding: file.content, as: UTF8.self)
                .replacingOccurrences(of: "http://www.w3.org/2000/svg", with: "")
            #expect(
                !text.contains("http://") && !text.contains("https://") && text.firstMatch(of: /\burl\(/) == nil,
                "\(file.path)")
        }
    }

    @Test("has every file that it loads")
    func files() throws {
        let paths = Set(Explorer.files.map(\.path))
        let page = try text("/docs")
        let loaded = page.matches(of: /(?:src|href)="(docs\/[^"]+)"/).map { "/" + $0.1 }
        #expect(loaded.count >= 3 && paths.isSuperset(of: loaded))
        for match in try text("/docs/script.js").matches(of: /from "\.(\/[a-z]+\.js)"/) {
            #expect(paths.contains("/docs" + match.1))
        }
    }

    @Test("loads and links nothing by an absolute path, since a proxy may have put the service below another")
    func relative() {
        for file in Explorer.files {
            let text = String(decoding: file.content, as: UTF8.self)
            let absolute = /(?:src|href)="\/|(?:fetch|import|URL|EventSource)\(?\s*["`]\/|location\.origin/
            #expect(text.firstMatch(of: absolute) == nil, "\(file.path)")
        }
    }

    @Test("keeps to a policy that lets nothing run but its own files")
    func policy() throws {
        let policy = try #require(Explorer.headers["Content-Security-Policy"])
        #expect(policy.hasPrefix("default-src 'none'; ") && !policy.contains("unsafe") && !policy.contains("*"))
        let page = try text("/docs")
        #expect(page.firstMatch(of: /<style|\sstyle=|\son[a-z]+=|<script(?![^>]*src=)/) == nil)
        #expect(try text("/docs/script.js").firstMatch(of: /innerHTML|eval\(|\.style\b/) == nil)
    }
}
