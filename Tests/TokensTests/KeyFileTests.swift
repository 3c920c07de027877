import Foundation
import RPC
import Testing

@testable import Tokens

@Suite("The file of a signing key")
final class KeyFileTests {
    let directory = FileManager.default.temporaryDirectory.appending(path: "keys-\(UUID().uuidString)").path
    var path: String { directory + "/auth/signing.jwk" }

    deinit {
        try? FileManager.default.removeItem(atPath: directory)
    }

    func mode(_ path: String) throws -> Int? {
        try FileManager.default.attributesOfItem(atPath: path)[.posixPermissions] as? Int
    }

    func change(mode: Int, of path: String) throws {
        try FileManager.default.setAttributes([.posixPermissions: mode], ofItemAtPath: path)
    }

    /// What a start would say of the file.
    func complaint() -> String? {
        do {
            _ = try SigningKey.loadOrCreate(at: path)
            return nil
        } catch {
            return error.description
        }
    }

    @Test("a key is made at the first start and found at the next, in a place that only its owner can read")
    func firstStart() throws {
        let key = try SigningKey.loadOrCreate(at: path)
        #expect(try SigningKey.loadOrCreate(at: path).kid == key.kid)
        #expect(try SigningKey(contentsOf: path).kid == key.kid)
        #expect(try mode(path) == 0o600)
        #expect(try mode(directory + "/auth") == 0o700 && mode(directory) == 0o700)
        #expect(try FileManager.default.contentsOfDirectory(atPath: directory + "/auth") == ["signing.jwk"])
    }

    @Test("a key that is read again makes signatures that the first one's public half accepts")
    func sameKey() async throws {
        let key = try SigningKey.loadOrCreate(at: path)
        let token = try TokenIssuer(key: try SigningKey(contentsOf: path), issuer: "auth", audience: "star")
            .issue(subject: "ada", permissions: [])
        let verifier = AccessTokenVerifier(issuer: "auth", audience: "star", source: KeySet([key.publicKey]))
        #expect(try await verifier.verify(token.token).subject == "ada")
    }

    @Test("many that start at once end with one key")
    func race() async throws {
        let path = path
        let keys = try await withThrowingTaskGroup(of: String.self) { group in
            for _ in 0..<32 {
                group.addTask {
                    // A thread each: all look for the file before the first has brought it to the disk.
                    try await withCheckedThrowingContinuation { continuation in
                        Thread.detachNewThread {
                            continuation.resume(with: Result { try SigningKey.loadOrCreate(at: path).kid })
                        }
                    }
                }
            }
            return try await group.reduce(into: Set()) { $0.insert($1) }
        }
        #expect(keys.count == 1)
        #expect(try FileManager.default.contentsOfDirectory(atPath: directory + "/auth") == ["signing.jwk"])
    }

    @Test("saving puts the new key in the old one's place, for its owner only")
    func saving() throws {
        _ = try SigningKey.loadOrCreate(at: path)
        try change(mode: 0o644, of: path)
        let new = SigningKey()
        try new.save(to: path)
        #expect(try SigningKey(contentsOf: path).kid == new.kid)
        #expect(try mode(path) == 0o600)
        #expect(try FileManager.default.contentsOfDirectory(atPath: directory + "/auth") == ["signing.jwk"])
    }

    @Test(
        "a file that others can use is refused by name", arguments: [0o640, 0o604, 0o620, 0o602, 0o610, 0o644, 0o666])
    func readableByOthers(mode: Int) throws {
        _ = try SigningKey.loadOrCreate(at: path)
        try change(mode: mode, of: path)
        let reason = "The key file \(path) can be used by others than its owner. Take that away: chmod 600 \(path)"
        #expect(complaint() == reason)
    }

    @Test(
        "a file that is no key is refused, left as it is, and not shown",
        arguments: [
            "", "secret-rubbish", "{}", "[]",
            #"{"kty":"OKP","crv":"Ed25519","d":"AAAA","x":"AAAA","kid":"secret-rubbish"}"#,
            String(repeating: "secret-rubbish", count: 1000),
        ])
    func rubbish(text: String) throws {
        _ = try SigningKey.loadOrCreate(at: path)
        try Data(text.utf8).write(to: URL(filePath: path))
        try change(mode: 0o600, of: path)
        #expect(complaint() == "The key file \(path) is damaged, or is not an Ed25519 key as a JWK (RFC 8037).")
        #expect(try Data(contentsOf: URL(filePath: path)) == Data(text.utf8))
    }

    @Test("a file whose parts belong to two keys is refused")
    func mixed() throws {
        let (one, other) = (SigningKey(), SigningKey())
        try one.save(to: path)
        let text = String(decoding: try one.jwk, as: UTF8.self)
        for (part, foreign) in [(one.kid, other.kid), (one.publicKey.x, other.publicKey.x)] {
            #expect(SigningKey(jwk: Data(text.replacing(part, with: foreign).utf8)) == nil)
        }
    }

    @Test("a directory or a pipe in the file's place is refused, and holds nobody up")
    func notAFile() throws {
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
        #expect(complaint() == "The key file \(path) is not a file.")
        try FileManager.default.removeItem(atPath: path)
        #expect(mkfifo(path, 0o600) == 0)
        #expect(complaint() == "The key file \(path) is not a file.")
    }

    @Test("a place where no file can be made is named, with the system's reason")
    func noPlace() throws {
        try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
        try Data().write(to: URL(filePath: directory + "/auth"))
        #expect(complaint()?.hasPrefix("The key file \(path) cannot be written: ") == true)
        #expect(throws: SigningKeyError.self) { try SigningKey(contentsOf: self.directory + "/none") }
    }
}
