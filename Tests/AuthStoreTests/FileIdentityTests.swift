import Foundation
import TemporaryFiles
import Testing

@testable import AuthSQLite

@Suite("The identity of a file")
struct FileIdentityTests {
    private let directory = TemporaryDirectory()

    @Test("is the file's own, whatever its name, and no other's, whatever its content")
    func names() throws {
        let path = try directory.write("a", to: "one")
        let identity = try #require(FileStatus(of: path)?.identity)
        for name in ["linked", "moved"] {
            let other = directory.path(of: name)
            if name == "linked" {
                try FileManager.default.linkItem(atPath: path, toPath: other)
            } else {
                try FileManager.default.moveItem(atPath: path, toPath: other)
            }
            #expect(FileStatus(of: other)?.identity == identity)
        }
        let copy = directory.path(of: "copy")
        try FileManager.default.copyItem(atPath: directory.path(of: "moved"), toPath: copy)
        let copied = try #require(FileStatus(of: copy)?.identity)
        #expect(copied != identity && !copied.isProbably(identity))
        #expect(FileStatus(of: path) == nil)
    }

    @Test("is probably the same after it was noted, also if the machine numbers its devices anew")
    func noted() throws {
        let identity = try #require(FileStatus(of: try directory.write("a", to: "one"))?.identity)
        let noted = try JSONEncoder().encode(identity)
        #expect(try JSONDecoder().decode(FileIdentity.self, from: noted) == identity)
        var members = try #require(JSONSerialization.jsonObject(with: noted) as? [String: Any])
        members["device"] = 4711
        let renumbered = try JSONDecoder().decode(
            FileIdentity.self, from: JSONSerialization.data(withJSONObject: members))
        #expect(renumbered != identity && renumbered.isProbably(identity))
    }
}
