import Foundation
import Hosting
import StarServices
import Testing
import Web

@Suite("In production")
struct ProductionTests {
    /// The reason why the start stops with these settings.
    private func refusal(_ settings: Settings) -> String? {
        do throws(SettingsError) {
            _ = try StarSettings(settings, CommonSettings(settings)).auth()
            return nil
        } catch {
            return error.description
        }
    }

    private func write(_ text: String, to file: URL, mode: Int) throws {
        try Data(text.utf8).write(to: file)
        try FileManager.default.setAttributes([.posixPermissions: mode], ofItemAtPath: file.path)
    }

    private func refusal(_ values: [String: String]) -> String? {
        refusal(Settings(values.merging(["ENVIRONMENT": "production"]) { one, _ in one }))
    }

    @Test(
        "a database's password that anybody would try stops the start, and is not repeated",
        arguments: ["postgres", "secret", "auth4711", "Password123", "changeme"])
    func weakPassword(_ password: String) {
        let address = "postgres://auth4711:\(password)@db/auth"
        let refusal = refusal(["AUTH_DATABASE": address])
        #expect(refusal?.hasPrefix("AUTH_DATABASE names a password that ") == true, "\(refusal ?? "")")
        #expect(refusal?.contains(password) == false)
        #expect(self.refusal(["AUTH_DATABASE": address, "ENVIRONMENT": "development"]) == nil)
    }

    @Test("so it does in a file of its own")
    func weakPasswordInFile() throws {
        let file = FileManager.default.temporaryDirectory.appending(path: UUID().uuidString)
        defer { try? FileManager.default.removeItem(at: file) }
        try write("postgres://auth:changeme@db/auth\n", to: file, mode: 0o600)
        #expect(refusal(["AUTH_DATABASE_FILE": file.path])?.contains("AUTH_DATABASE") == true)
        try write("postgres://auth:seven-wet-socks@db/auth\n", to: file, mode: 0o600)
        #expect(refusal(["AUTH_DATABASE_FILE": file.path]) == nil)
    }

    @Test(
        "a password of its own, one that libpq finds elsewhere, and a file are let pass",
        arguments: [
            "postgres://auth:seven-wet-socks@db/auth", "postgres://auth@/auth?host=/var/run/postgresql",
            "/var/lib/star/auth.sqlite",
        ])
    func strongPassword(_ address: String) {
        #expect(refusal(["AUTH_DATABASE": address]) == nil)
    }

    @Test(
        "what looks like the address of a database never becomes a file's name",
        arguments: [
            "host=127.0.0.1 dbname=d user=u", "dbname=auth", "sqlite:///auth.sqlite", "file:auth.sqlite", ":memory:",
            "mysql://u:sesame@db/auth", "u:sesame@db:5432/auth", "localhost:5432/auth", "ada@db/auth",
            "jdbc:postgresql://db/auth", "Server=db;Password=sesame", "postgres:/db/auth",
            "Postgres://u:sesame@db/auth",
            "postgres://u:ses@ame@db/auth", "postgres://u:sesame-and-more@db/auth\npostgres://u@other/auth",
        ])
    func address(_ text: String) {
        let refusal = refusal(["AUTH_DATABASE": text])
        #expect(refusal?.hasPrefix("AUTH_DATABASE ") == true, "\(refusal ?? "accepted")")
        #expect(refusal?.contains("sesame") == false && refusal?.contains("ame@") == false)
    }

    @Test("paths are files' names", arguments: ["auth.sqlite", "./a=b:c.sqlite", "/data/a@b.sqlite", " auth.sqlite\n"])
    func path(_ text: String) throws {
        guard case .sqlite(let file) = try AuthDatabase(text) else {
            Issue.record("\(text) is no path")
            return
        }
        #expect(file.lastPathComponent.hasSuffix(".sqlite"))
    }

    @Test("guests stop the start")
    func guests() {
        #expect(refusal(["GUEST_PERMISSIONS": "time"])?.hasPrefix("GUEST_PERMISSIONS must be empty") == true)
        #expect(refusal(["GUEST_PERMISSIONS": ""]) == nil)
    }

    @Test("a store that is not there, or has no administrator, stops the start, unless a new one is wanted")
    func newStore() async throws {
        try await Site.open { site in
            var production = ["ENVIRONMENT": "production", "GUEST_PERMISSIONS": ""]
            for _ in 1...2 {
                let refused = try await site.star("serve", "auth", settings: production)
                #expect(refused.code == 78 && refused.log.contains("AUTH_CREATE_STORE=true"), "\(refused.log)")
            }
            let unmade = try await site.star(
                "users", "add", "ada", "--permission", "time", input: "seven wet socks\n", settings: production)
            #expect(unmade.code == 78 && unmade.log.contains("AUTH_CREATE_STORE=true"), "\(unmade.log)")
            _ = try await site.star("users", "add", "ada", "--permission", "time", input: "seven wet socks\n")
            let refused = try await site.star("serve", "auth", settings: production)
            #expect(refused.code == 78 && refused.log.contains("no administrator"), "\(refused.log)")
            production["AUTH_CREATE_STORE"] = "true"
            #expect(try await site.serve("auth", settings: production).stop() == 0)
            production["AUTH_CREATE_STORE"] = nil
            #expect(try await site.serve("auth", settings: production).stop() == 0)
        }
    }

    @Test("a secret in a settings file that others can read stops the start; one that only its owner reads does not")
    func exposed() async throws {
        try await Site.open { site in
            let file = site.directory.appending(path: ".env")
            let secret = String(repeating: "0a", count: 32)
            let production = ["ENVIRONMENT": "production", "GUEST_PERMISSIONS": "", "AUTH_CREATE_STORE": "true"]
            for mode in [0o644, 0o640] {
                try write("AUTH_CURVE_SECRET_KEY=\(secret)\n", to: file, mode: mode)
                let refused = try await site.star("serve", "auth", settings: production)
                #expect(refused.code == 78 && refused.log.contains("AUTH_CURVE_SECRET_KEY"), "\(refused.log)")
                #expect(refused.log.contains("chmod 600") && !refused.log.contains(secret))
            }
            // Without a secret in it, others may read it.
            try write("LOG_LEVEL=info\n", to: file, mode: 0o644)
            #expect(try await site.serve("auth", settings: production).stop() == 0)
            try write("AUTH_CURVE_SECRET_KEY=\(secret)\n", to: file, mode: 0o600)
            try await site.serve("auth", settings: production)
        }
    }
}
