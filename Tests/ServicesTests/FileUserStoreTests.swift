import Foundation
import Testing

@testable import Auth

@Suite("The file of users", .timeLimit(.minutes(1)))
struct FileUserStoreTests {
    let directory = TemporaryDirectory()

    var file: URL { directory.url.appending(path: "data/users.json") }
    var store: FileUserStore { FileUserStore(file) }

    func user(_ name: String, _ permissions: Set<String> = []) -> FileUser {
        FileUser(name: name, passwordHash: "hash of \(name)", permissions: permissions)
    }

    @Test("before the first user there is no file, and nobody in it")
    func empty() async throws {
        #expect(try await store.all().isEmpty)
        #expect(try await store.user(named: "ada") == nil)
        #expect(try await !store.remove(named: "ada"))
        #expect(try await store.all().isEmpty)
    }

    @Test("users are found by another store at the same file, by name and in order")
    func saved() async throws {
        for name in ["eve", "ada", "Bob"] { try await store.save(user(name, ["time"])) }
        #expect(try await store.all().map(\.name) == ["Bob", "ada", "eve"])
        #expect(try await store.user(named: "ada") == user("ada", ["time"]))
        #expect(try await store.user(named: "ADA") == nil)
    }

    @Test("a user of a known name takes the place of the old one")
    func replaced() async throws {
        try await store.save(user("ada", ["time"]))
        try await store.save(user("ada", ["tide"]))
        #expect(try await store.all() == [user("ada", ["tide"])])
    }

    @Test("a removed user is gone, once")
    func removed() async throws {
        try await store.save(user("ada"))
        try await store.save(user("eve"))
        #expect(try await store.remove(named: "ada"))
        #expect(try await !store.remove(named: "ada"))
        #expect(try await store.all() == [user("eve")])
    }

    @Test("only its owner can read the file, whatever was there before, and its directory")
    func permissions() async throws {
        try await store.save(user("ada"))
        #expect(try directory.mode(of: "data/users.json") == 0o600)
        #expect(try directory.mode(of: "data") == 0o700)
        try FileManager.default.setAttributes([.posixPermissions: 0o644], ofItemAtPath: file.path)
        try Data().write(to: file.appendingPathExtension("new"))
        try await store.save(user("eve"))
        #expect(try directory.mode(of: "data/users.json") == 0o600)
    }

    @Test("two stores that write at once take turns, and nobody is lost")
    func twoWriters() async throws {
        let stores = [store, store]
        try await withThrowingTaskGroup(of: Void.self) { group in
            for index in 0..<40 {
                group.addTask { try await stores[index % 2].save(user("user\(index)")) }
            }
            try await group.waitForAll()
        }
        #expect(try await store.all().count == 40)
    }

    @Test("who reads while others write finds all of a file")
    func reading() async throws {
        let (reader, writer) = (store, store)
        try await writer.save(user("ada"))
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { for index in 0..<40 { try await writer.save(user("user\(index)")) } }
            group.addTask {
                for _ in 0..<200 {
                    let found = try await reader.user(named: "ada")
                    #expect(found != nil)
                }
            }
            try await group.waitForAll()
        }
    }

    @Test("a damaged file is an error, and is not written over", arguments: ["", "{", #"[{"name":"ada"}]"#, "\u{0}"])
    func damaged(_ text: String) async throws {
        try await store.save(user("ada"))
        try Data(text.utf8).write(to: file)
        await #expect(throws: (any Error).self) { try await store.all() }
        await #expect(throws: (any Error).self) { try await store.save(user("eve")) }
        await #expect(throws: (any Error).self) { try await store.remove(named: "ada") }
        #expect(try String(decoding: Data(contentsOf: file), as: UTF8.self) == text)
    }
}
