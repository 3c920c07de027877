import Background
import Endpoints
import Foundation
import JOSE
import JSON
import Synchronization
import Testing

@testable import Tokens

@Suite("When keys are fetched")
struct KeyFetchTests {
    @Test("a thousand unknown key names at once cause one fetch, and ten seconds later one more")
    func burst() async throws {
        let bench = try await Bench.warm()
        let forger = Forger(bench)
        bench.clock.advance(10)
        func burst() async -> Set<String?> {
            await withTaskGroup(of: String?.self) { group in
                for _ in 0..<1000 {
                    group.addTask {
                        let kid = JSONValue.string(String(UInt64.random(in: .min ... .max)))
                        guard let token = try? forger.token(header: ["kid": kid]) else { return "forger" }
                        return await bench.problem(of: token)?.kind.code
                    }
                }
                return await group.reduce(into: []) { $0.insert($1) }
            }
        }
        #expect(await burst() == ["token_invalid"])
        #expect(bench.source.count == 2)
        bench.clock.advance(9.9)
        #expect(await burst() == ["token_invalid"])
        #expect(bench.source.count == 2)
        bench.clock.advance(0.1)
        #expect(await burst() == ["token_invalid"])
        #expect(bench.source.count == 3)
    }

    @Test("callers with a new key wait together for one fetch, and are all accepted")
    func singleFlight() async throws {
        let bench = Bench(isOpen: false)
        let token = try bench.token()
        async let all = withTaskGroup(of: Problem?.self) { group in
            for _ in 0..<100 { group.addTask { await bench.problem(of: token) } }
            return await group.reduce(into: [Problem?]()) { $0.append($1) }
        }
        await bench.source.asked.value()
        bench.source.gate.complete(with: ())
        #expect(await all == Array(repeating: nil, count: 100))
        #expect(bench.source.count == 1)
    }

    @Test("a token of a new key is accepted after a fetch, and one of a key that was taken away is not any more")
    func rotation() async throws {
        let bench = try await Bench.warm()
        let (clock, new) = (bench.clock, SigningKey())
        let old = try bench.token()
        let next = try TokenIssuer(key: new, issuer: "auth", audience: "star") { clock.now }
            .issue(subject: "ada", permissions: []).token
        bench.source.reply(with: bench.key, new)
        clock.advance(10)
        #expect(await bench.problem(of: next) == nil)
        #expect(await bench.problem(of: old) == nil)
        #expect(bench.source.count == 2)
        bench.verifier.replaceKeys(JWKSet([new.publicKey]))
        #expect(await bench.problem(of: old)?.kind == .tokenInvalid)
        #expect(await bench.problem(of: next) == nil)
    }

    @Test("a fetch that fails takes no key away, and says nothing about a token whose key may be a new one")
    func failure() async throws {
        let bench = try await Bench.warm()
        bench.source.fail()
        bench.clock.advance(10)
        let token = try Forger(bench).token(header: ["kid": "new"])
        for _ in 1...2 {
            let problem = await bench.problem(of: token)
            #expect(problem?.kind == .unavailable && problem?.retryAfter == .seconds(1))
        }
        #expect(bench.source.count == 2)
        #expect(bench.verifier.isReady)
        #expect(await bench.problem(of: try bench.token()) == nil)
        bench.source.reply(with: bench.key)
        bench.clock.advance(10)
        #expect(await bench.problem(of: token)?.kind == .tokenInvalid)
    }

    @Test("without keys a token cannot be judged, and the answer is 503 with a reason")
    func unavailable() async throws {
        let bench = Bench()
        bench.source.fail()
        #expect(!bench.verifier.isReady)
        let problem = await bench.problem(of: try bench.token())
        #expect(problem?.kind == .unavailable && problem?.retryAfter == .seconds(1) && problem?.isUnprocessed == true)
        #expect(problem?.detail == "Tokens cannot be verified yet: the issuer's keys have not come.")
        #expect(await bench.problem(of: "garbage")?.kind == .tokenInvalid)
    }

    @Test("a caller that is cancelled does not wait for the fetch, which goes on for the others")
    func cancellation() async throws {
        let bench = Bench(isOpen: false)
        let token = try bench.token()
        let caller = Task { await bench.problem(of: token) }
        await bench.source.asked.value()
        caller.cancel()
        #expect(await caller.value?.kind == .cancelled)
        async let other = bench.problem(of: token)
        bench.source.gate.complete(with: ())
        #expect(await other == nil)
        #expect(bench.source.count == 1)
    }

    @Test("a warm-up tries again with growing pauses, tells of each failure, and ends with the first keys")
    func warmUp() async throws {
        let bench = Bench()
        bench.source.fail()
        var failures: [Problem] = []
        try await bench.verifier.warmUp { problem in
            failures.append(problem)
            if failures.count == 10 { bench.source.reply(with: bench.key) }
        }
        #expect(bench.verifier.isReady)
        #expect(bench.source.count == 11)
        #expect(failures.allSatisfy { $0.detail == "auth cannot be reached." })
        let pauses = bench.pauses.taken.withLock { $0 }
        #expect(pauses.count == 10)
        #expect(pauses[0] <= .milliseconds(100) && pauses[0] >= .milliseconds(50))
        #expect(pauses[9] <= .seconds(5) && pauses[9] >= .seconds(2.5))
    }

    @Test("a warm-up that is cancelled ends")
    func warmUpCancelled() async throws {
        let bench = Bench(isOpen: false)
        let task = Task { try await bench.verifier.warmUp() }
        await bench.source.asked.value()
        task.cancel()
        await #expect(throws: CancellationError.self) { try await task.value }
    }

    @Test("a set without keys makes nobody ready")
    func emptySet() async throws {
        let bench = Bench()
        bench.verifier.replaceKeys(JWKSet([]))
        #expect(!bench.verifier.isReady)
    }

    @Test("a wall clock that was put back does not stop fetches")
    func clockPutBack() async throws {
        let bench = try await Bench.warm()
        bench.clock.advance(-3600)
        _ = await bench.problem(of: try Forger(bench).token(header: ["kid": "new"]))
        #expect(bench.source.count == 2)
    }
}
