import Endpoints
import Hosting
import RPC
import TemporaryFiles
import Testing
import ZeroMQ

@Suite("A service host", .timeLimit(.minutes(1)))
struct ServiceHostTests {
    @Test(
        "does not listen beyond this machine without a CURVE key, and says which setting is missing",
        arguments: ["tcp://0.0.0.0:5041", "tcp://*:5041", "tcp://10.0.0.1:5041", "ipc://a.sock,tcp://[::]:5041"])
    func exposed(_ address: String) async throws {
        let station = try await Station(["ECHO_ZMQ_LISTEN": address])
        let error = await #expect(throws: SettingsError.self) { _ = try await station.echo() }
        #expect(error?.description.hasPrefix("ECHO_ZMQ_LISTEN names tcp://") == true)
        #expect(error?.description.hasSuffix("ECHO_CURVE_SECRET_KEY must be set.") == true)
    }

    @Test(
        "does not call another machine without a CURVE key, and says which setting is missing",
        arguments: ["tcp://echo.example:5041", "tcp://127.example:5041", "tcp://10.0.0.1:5041"])
    func unencrypted(_ address: String) async throws {
        let pair = try CurveKeyPair.generate()
        for keys in [[:], ["VISITOR_CURVE_SECRET_KEY": pair.secretKey.hex]] {
            let station = try await Station(keys.merging(["ECHO_URL": address]) { $1 })
            let host = try station.host("visitor")
            let error = await #expect(throws: SettingsError.self) {
                _ = try await host.caller(to: EchoContract.description)
            }
            #expect(error?.description.hasPrefix("ECHO_URL names \(address)") == true)
            #expect(error?.description.contains("VISITOR_CURVE_SECRET_KEY") == true)
        }
    }

    @Test("serves on ipc and HTTP, and its peers find it by their settings alone")
    func serves() async throws {
        let server = try await Station([:])
        try await server.run(try await server.echo()) { _ in
            let address = "ipc://\(server.directory.path(of: "echo.sock"))"
            try await expectReply(["ECHO_URL": address])
        }
        let gone = try await call(["ECHO_URL": "ipc://\(server.directory.path(of: "echo.sock"))"])
        #expect(throws: Problem.self) { try gone.get() }
    }

    @Test("does not start with a secret key that is not the other half of its key among the public ones")
    func mismatchedKeys() async throws {
        let (own, other) = (try CurveKeyPair.generate(), try CurveKeyPair.generate())
        let station = try await Station([
            "ECHO_ZMQ_LISTEN": "tcp://127.0.0.1:0", "ECHO_CURVE_SECRET_KEY": own.secretKey.hex,
            "CURVE_PUBLIC_KEYS": "echo=\(other.publicKey.hex)",
        ])
        let error = await #expect(throws: SettingsError.self) { _ = try await station.echo() }
        #expect(error?.description.contains("ECHO_CURVE_SECRET_KEY: the one that does is \(own.publicKey.hex)") == true)
    }

    @Test("encrypts tcp:// with CURVE, and lets in whom it knows alone")
    func curve() async throws {
        let (server, visitor, stranger) = (
            try CurveKeyPair.generate(), try CurveKeyPair.generate(), try CurveKeyPair.generate()
        )
        let address = try freeAddress()
        func keys(_ pairs: (String, CurveKeyPair)...) -> String {
            pairs.map { "\($0)=\($1.publicKey.hex)" }.joined(separator: ", ")
        }
        let station = try await Station([
            "ECHO_ZMQ_LISTEN": address, "ECHO_CURVE_SECRET_KEY": server.secretKey.hex,
            "CURVE_PUBLIC_KEYS": keys(("echo", server), ("visitor", visitor)),
        ])
        try await station.run(try await station.echo()) { _ in
            let right = [
                "ECHO_URL": address, "VISITOR_CURVE_SECRET_KEY": visitor.secretKey.hex,
                "CURVE_PUBLIC_KEYS": keys(("echo", server)),
            ]
            try await expectReply(right)
            for wrong in [
                ["CURVE_PUBLIC_KEYS": keys(("echo", stranger))],
                ["VISITOR_CURVE_SECRET_KEY": stranger.secretKey.hex],
                ["VISITOR_CURVE_SECRET_KEY": "", "CURVE_PUBLIC_KEYS": ""],
            ] {
                let answer = try await call(right.merging(wrong) { $1 })
                let problem = #expect(throws: Problem.self) { try answer.get() }
                #expect([503, 504].contains(problem?.status))
            }
            try await expectReply(right)
        }
    }

    @Test("does not start at an address that is taken, and names it")
    func taken() async throws {
        let first = try await Station([:])
        try await first.run(try await first.echo()) { _ in
            let path = first.directory.path(of: "echo.sock")
            try await expectReply(["ECHO_URL": "ipc://\(path)"])
            let second = try await Station(["ECHO_ZMQ_LISTEN": "ipc://\(path)"])
            let host = try await second.echo()
            let error = await #expect(throws: (any Error).self) { try await host.run() }
            #expect(error.map(String.init(describing:))?.contains("echo cannot listen at ipc://\(path): ") == true)
            await second.runtime.stop()
            try await expectReply(["ECHO_URL": "ipc://\(path)"])
        }
    }

    @Test("tells its news from its start on, and does not start where it cannot")
    func news() async throws {
        let station = try await Station([:])
        let path = station.directory.path(of: "echo-news.sock")
        let teller = try await Station(["ECHO_EVENTS_LISTEN": "ipc://\(path)"])
        let host = try await teller.echo()
        let publisher = try await host.publisher()
        let event = Event(topic: "echo.say", position: StreamPosition(epoch: "a", sequence: 1))
        try await teller.run(host) { _ in
            let listener = try await Station(["ECHO_EVENTS_URL": "ipc://\(path)"])
            let visitor = try listener.host("visitor")
            let (heard, continuation) = AsyncStream.makeStream(of: Event.self)
            try await visitor.listen(to: EchoContract.description, "echo.say") { continuation.yield($0) }
            await publisher.publish(event)
            for await first in heard {
                #expect(first == event)
                break
            }
            let second = try await Station(["ECHO_EVENTS_LISTEN": "ipc://\(path)"])
            let late = try await second.echo()
            _ = try await late.publisher()
            let error = await #expect(throws: StartError.self) { try await late.run() }
            #expect(error?.description.hasPrefix("echo cannot listen at ipc://\(path): ") == true)
            await second.runtime.stop()
            await visitor.close()
            await listener.runtime.stop()
        }
    }

    /// Visitors come until echo answers one of them: a host that was just run may not listen yet.
    private func expectReply(_ values: [String: String], _ location: SourceLocation = #_sourceLocation) async throws {
        for _ in 1...20 {
            if case .success(let word) = try await call(values) {
                #expect(word == Word(word: "tea"), sourceLocation: location)
                return
            }
        }
        Issue.record("There was no reply.", sourceLocation: location)
    }

    /// The answer of echo to a visitor with these settings, from a process of its own as far as sockets go.
    private func call(_ values: [String: String]) async throws -> Result<Word, Problem> {
        let station = try await Station(values)
        let host = try station.host("visitor")
        var answer = Result<Word, Problem>.failure(Problem(.internal, "No call was made."))
        let echo = Client<EchoContract>(try await host.caller(to: EchoContract.description))
        try await station.run(host) { _ in
            do throws(Problem) {
                answer = .success(try await echo.call(EchoContract.say, Word(word: "tea"), timeout: .seconds(2)))
            } catch {
                answer = .failure(error)
            }
        }
        return answer
    }
}
