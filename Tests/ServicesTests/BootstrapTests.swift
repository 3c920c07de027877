import Auth
import Foundation
import Passwords
import TemporaryFiles
import Testing

@Suite("The first start of auth", .timeLimit(.minutes(1)))
struct BootstrapTests {
    @Test("of several that begin at once one makes the administrator, whose password stands in the one file")
    func race() async throws {
        let new = try NewStore()
        let folder = new.directory.url.appending(path: "secrets")
        let passwords = PasswordHasher(workers: 2)
        let start = Bootstrap(
            store: new.store, passwords: passwords, passwordFile: folder.appending(path: "admin-password"))
        let made = try await withThrowingTaskGroup(of: Bool.self) { group in
            for _ in 1...5 { group.addTask { try await start.run(permissions: ["users"]) } }
            return try await group.reduce(into: []) { $0.append($1) }
        }
        #expect(made.count { $0 } == 1)
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path) == ["admin-password"])
        let text = try String(contentsOf: folder.appending(path: "admin-password"), encoding: .utf8)
        let hash = try await new.user(Bootstrap.administrator).passwordHash
        #expect(try await passwords.verify(String(text.dropLast()), against: hash) == .right)
    }

    @Test("takes from group and others what a mount has let them do with the password's file")
    func exposed() async throws {
        let new = try NewStore()
        let file = new.directory.url.appending(path: "admin-password")
        let start = Bootstrap(store: new.store, passwords: PasswordHasher(workers: 1), passwordFile: file)
        #expect(try await start.run(permissions: ["users"]))
        try FileManager.default.setAttributes([.posixPermissions: 0o660], ofItemAtPath: file.path)
        #expect(try await !start.run(permissions: ["users"]))
        #expect(try FileManager.default.attributesOfItem(atPath: file.path)[.posixPermissions] as? Int == 0o600)
    }

    @Test("makes no administrator unless it may, whatever else the store holds")
    func refused() async throws {
        let new = try NewStore()
        let file = new.directory.url.appending(path: "admin-password")
        let passwords = PasswordHasher(workers: 1)
        let start = Bootstrap(store: new.store, passwords: passwords, passwordFile: file, isAllowed: false)
        await #expect(throws: StoreError.self) { try await start.run(permissions: ["users"]) }
        #expect(try await new.store.roles().isEmpty)
        #expect(!FileManager.default.fileExists(atPath: file.path))
        _ = try await Bootstrap(store: new.store, passwords: passwords, passwordFile: file).run(permissions: ["users"])
        #expect(try await !start.run(permissions: ["users"]))
    }

    @Test("finds the password of one that was killed, and removes what others have left")
    func killed() async throws {
        let new = try NewStore()
        let file = new.directory.url.appending(path: "admin-password")
        let start = Bootstrap(store: new.store, passwords: PasswordHasher(workers: 1), passwordFile: file)
        #expect(try await start.run(permissions: ["users"]))
        let password = try Data(contentsOf: file)
        try FileManager.default.moveItem(at: file, to: file.appendingPathExtension(UUID().uuidString))
        try Data("another\n".utf8).write(to: file.appendingPathExtension(UUID().uuidString))
        #expect(try await !start.run(permissions: ["users"]))
        #expect(try Data(contentsOf: file) == password)
        let names = try FileManager.default.contentsOfDirectory(atPath: new.directory.url.path)
        #expect(names.filter { $0.hasPrefix("admin-password") } == ["admin-password"])
    }
}
