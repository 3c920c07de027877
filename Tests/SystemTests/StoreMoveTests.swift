import Endpoints
import Foundation
import PostgresServer
import Testing
import Web

@Suite("A store that is moved", .timeLimit(.minutes(3)))
struct StoreMoveTests {
    private struct Session {
        let token, refresh: String

        init(_ answer: Answer) throws {
            token = try #require(answer.data?["token"]?.string, "\(answer.body)")
            refresh = try #require(answer.data?["refresh_token"]?.string)
        }
    }

    private func post(_ path: String, _ body: String, at site: Site) async throws -> Answer {
        try await Web.send("POST", site.url("auth") + "/api/v1/auth/" + path, body: body)
    }

    /// Runs auth with a store, goes on with a session that was begun before, and stops auth.
    private func resume(_ session: Session, at site: Site, store: String) async throws -> Session {
        let running = try await site.serve("auth", settings: ["AUTH_DATABASE": store])
        let valid = try await Web.get(site.url("auth") + "/api/v1/auth/valid?resource=time", ["X-Token": session.token])
        #expect(valid.status == 200, "\(valid.body)")
        let next = try await Session(post("refresh", #"{"refresh_token":"\#(session.refresh)"}"#, at: site))
        #expect(try await running.stop() == 0)
        return next
    }

    @Test("goes on in PostgreSQL, and in a file again: users, tokens and sessions")
    func move() async throws {
        let database = try await PostgresServer.shared.makeDatabase()
        try await Site.open { site in
            try await site.addUser("ada", password: "correct horse", permissions: "time")
            let first = try await site.serve("auth")
            var session = try await Session(post("create", #"{"user":"ada","password":"correct horse"}"#, at: site))
            #expect(try await first.stop() == 0)

            let there = try await site.star("store", "copy", "-", input: database + "\n")
            #expect(there.code == 0 && there.output.contains("users: 2\n"), "\(there.log)")
            session = try await resume(session, at: site, store: database)

            let again = try await site.star("store", "copy", database)
            #expect(again.code == 1 && again.log.contains("It holds users already"), "\(again.log)")

            let back = try await site.star("store", "copy", "back.sqlite", settings: ["AUTH_DATABASE": database])
            #expect(back.code == 0, "\(back.log)")
            _ = try await resume(session, at: site, store: "back.sqlite")
        }
    }

    @Test(
        "is named in one of the two ways that AUTH_DATABASE has, and must be there",
        arguments: ["host=db", "mysql://ada@db/auth", "-", ""])
    func wrong(target: String) async throws {
        try await Site.open { site in
            try await site.addUser("ada", password: "correct horse", permissions: "time")
            let ended = try await site.star("store", "copy", target)
            #expect(ended.code == 78 && ended.log.contains("The target"), "\(ended.log)")
        }
    }
}
