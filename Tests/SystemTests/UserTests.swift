import Endpoints
import Foundation
import JSON
import Testing
import Waiting
import Web

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
            #expect(try await login(site, "eve", "correct horse").status == 401)
            #expect(try await site.star("users", "grant", "ada", "--permission", "time").code == 0)
            let strong = try await site.token(user: "ada", password: "battery staple")
            #expect(try await Web.get(url, ["X-Token": strong]).status == 200)
        }
    }

    @Test("are changed by the command line while auth runs, and auth heeds it at once")
    func changed() async throws {
        try await Site.open { site in
            try await site.addUser("ada", password: "battery staple", permissions: "time")
            try await site.serve("auth")
            func run(_ arguments: String..., input: String = "") async throws -> Ended {
                let running = try site.start(["users"] + arguments, input: input)
                return Ended(code: try await running.end(), output: running.output, log: running.log)
            }
            #expect(try await run("lock", "ada").code == 0)
            #expect(try await login(site, "ada", "battery staple").status == 401)
            #expect(try await run("unlock", "ada").code == 0)
            #expect(try await login(site, "ada", "battery staple").status == 201)
            #expect(try await run("passwd", "ada", input: "seven wet socks\n").code == 0)
            #expect(try await login(site, "ada", "battery staple").status == 401)
            #expect(try await login(site, "ada", "seven wet socks").status == 201)
            #expect(try await run("roles", "set", "clerk", "--permission", "greet").code == 0)
            #expect(try await run("grant", "ada", "--role", "clerk").code == 0)
            let shown = try await run("show", "ada", "--json")
            let json = try JSONValue(json: Data(shown.output.utf8))
            #expect(json["permits"] == ["greet", "time"] && json["user"]?["roles"] == ["clerk"], "\(shown.output)")
            #expect(!shown.output.contains("argon2"))
            #expect(try await run("revoke", "ada", "--role", "clerk", "--permission", "time").code == 0)
            #expect(try await run("list").output.contains("ada\n"))
            #expect(try await run("add", "ada", input: "seven wet socks\n").log.contains("already"))
            let king = try await run("grant", "ada", "--role", "king")
            #expect(king.log == "star: There is no role “king”. Make it: star users roles set king\n")
            let nobody = try await run("roles", "remove", "nobody")
            let sentence = "star: There is no role “nobody”. star users roles lists them.\n"
            #expect(nobody.code == 1 && nobody.log == sentence, "\(nobody.log)")
            let last = try await run("remove", "admin")
            #expect(last.code == 1 && last.log.contains("No administrator would be left"), "\(last.log)")
            let history = try await run("history")
            let lines = try JSONValue(json: Data(try await run("history", "--json").output.utf8))
            guard case .array(let entries) = lines else { throw Late(description: "It is no list: \(lines)") }
            #expect(entries.first?["at"]?.string?.hasSuffix("Z") == true)
            for word in ["user_locked\tada", "role_set\tclerk", "password_changed\tada"] {
                #expect(history.output.contains(word), "\(history.output)")
            }
        }
    }

    @Test("are not looked for if there is no store, which is not made by looking")
    func nowhere() async throws {
        try await Site.open { site in
            for command in [["users", "list"], ["users", "history"], ["users", "lock", "ada"], ["keys", "list"]] {
                let running = try site.start(command)
                #expect(try await running.end() == 78 && running.log.contains("There is no store at"), "\(running.log)")
            }
            #expect(!FileManager.default.fileExists(atPath: site.directory.appending(path: ".star/data").path))
        }
    }

    @Test("are not looked for in a store that cannot be seen, of which nobody says that there is none")
    func unseen() async throws {
        try await Site.open { site in
            let store = site.directory.appending(path: "loop")
            try FileManager.default.createSymbolicLink(at: store, withDestinationURL: store)
            for (command, wanted) in [(["users", "list"], 78), (["store", "backup", "copy"], 1)] as [([String], Int32)]
            {
                let running = try site.start(command, ["AUTH_DATABASE": store.path])
                let code = try await running.end()
                #expect(code == wanted && running.log.contains("Too many levels of symbolic links"), "\(running.log)")
            }
        }
    }

    @Test("begin with an administrator, whose password stands in a file for its owner and in no log")
    func first() async throws {
        try await Site.open { site in
            let auth = try await site.serve("auth")
            let file = site.directory.appending(path: ".star/data/admin-password")
            let password = try String(contentsOf: file, encoding: .utf8).trimmingCharacters(in: .newlines)
            #expect(try FileManager.default.attributesOfItem(atPath: file.path)[.posixPermissions] as? Int == 0o600)
            #expect(password.count >= 24 && !auth.log.contains(password))
            #expect(auth.log.contains("admin-password") && auth.log.contains("star users passwd admin"), "\(auth.log)")
            let token = try await site.token(user: "admin", password: password)
            let own = try await Web.get(site.url("auth") + "/api/v1/auth/me", ["X-Token": token])
            let permissions = own.data?["permissions"]
            #expect(permissions == ["introspect", "time", "users"], "\(own.body)")
            #expect(try await site.star("users", "passwd", "admin", input: "seven wet socks\n").code == 0)
            #expect(try await auth.stop() == 0)
            let second = try await site.serve("auth")
            #expect(!FileManager.default.fileExists(atPath: file.path) && !second.log.contains("first start"))
            _ = try await site.token(user: "admin", password: "seven wet socks")
        }
    }

    @Test("have passwords of some length, that nobody sees")
    func passwords() async throws {
        try await Site.open { site in
            for input in ["", "short\n", "password123\n", String(repeating: "abc", count: 342) + "\n"] {
                let refused = try await site.star("users", "add", "ada", input: input)
                #expect(refused.code != 0 && refused.log.contains("password"), "\(refused.log)")
                #expect(!refused.log.contains("short") && !refused.log.contains("123"))
            }
            #expect(try await site.star("users", "list").output.isEmpty)
            for name in ["", "Ädá", "guest", "a b"] {
                #expect(try await site.star("users", "add", name, input: "correct horse\n").code == 64)
            }
            try await site.addUser("Ada ", password: "correct horse")
            #expect(try await site.star("users", "lock", "ADA").code == 0)
            #expect(try await site.star("users", "list").output.contains("ada"))
            let file = site.directory.appending(path: ".star/data/auth.sqlite")
            let bytes = try Data(contentsOf: file)
            #expect(bytes.firstRange(of: Data("$argon2id$".utf8)) != nil)
            #expect(bytes.firstRange(of: Data("correct horse".utf8)) == nil)
            let attributes = try FileManager.default.attributesOfItem(atPath: file.path)
            #expect(attributes[.posixPermissions] as? Int == 0o600)
        }
    }

    private func login(_ site: Site, _ user: String, _ password: String) async throws -> Answer {
        try await Web.send(
            "POST", site.url("auth") + "/api/v1/auth/create", body: #"{"user":"\#(user)","password":"\#(password)"}"#)
    }
}
