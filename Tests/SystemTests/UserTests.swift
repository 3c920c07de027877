import Foundation
import Testing

@Suite("Users", .timeLimit(.minutes(5)))
struct UserTests {
    @Test("are added, listed and removed by the command line, and ask for tokens over REST")
    func users() async throws {
        try await Site.open { site in
            try await site.addUser("eve", password: "correct horse", permissions: "tide", "time")
            try await site.addUser("ada", password: "battery staple")
            let list = try await site.star("users", "list")
            #expect(list.code == 0 && list.output == "ada\neve\ttide\ttime\n", "\(list.output)")
            try await site.serve("auth", "resource")
            let token = try await site.token(user: "eve", password: "correct horse")
            let url = site.url("resource") + "/api/v1/resource/epoch_time"
            #expect(try await Web.get(url, ["X-Token": token]).status == 200)
            let weak = try await site.token(user: "ada", password: "battery staple")
            #expect(try await Web.get(url, ["X-Token": weak]).status == 403)
            #expect(try await site.star("users", "remove", "eve").code == 0)
            let again = try await site.star("users", "remove", "eve")
            #expect(again.code == 1 && again.log.contains("eve"), "\(again.log)")
            let refused = try await Web.send(
                "POST", site.url("auth") + "/api/v1/auth/create", body: #"{"user":"eve","password":"correct horse"}"#)
            #expect(refused.status == 401)
            try await site.addUser("ada", password: "correct horse", permissions: "time")
            let strong = try await site.token(user: "ada", password: "correct horse")
            #expect(try await Web.get(url, ["X-Token": strong]).status == 200)
        }
    }

    @Test("have passwords of some length, that nobody sees")
    func passwords() async throws {
        try await Site.open { site in
            for input in ["", "short\n", String(repeating: "a", count: 1025) + "\n"] {
                let refused = try await site.star("users", "add", "ada", input: input)
                #expect(refused.code != 0 && refused.log.contains("password"), "\(refused.log)")
                #expect(!refused.log.contains("short"))
            }
            #expect(try await site.star("users", "list").output.isEmpty)
            #expect(try await site.star("users", "add", "", input: "correct horse\n").code == 64)
            try await site.addUser("ada", password: "correct horse")
            let file = site.directory.appending(path: ".star/data/users.json")
            let text = try String(contentsOf: file, encoding: .utf8)
            #expect(text.contains("$argon2id$") && !text.contains("correct horse"))
            let attributes = try FileManager.default.attributesOfItem(atPath: file.path)
            #expect(attributes[.posixPermissions] as? Int == 0o600)
        }
    }
}
