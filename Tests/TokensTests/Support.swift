import Background
import Endpoints
import Foundation
import JOSE
import JSON
import RPC
import Synchronization
import Trust

@testable import Tokens

/// A wall clock that moves on command.
final class ManualClock: Sendable {
    private let time = Mutex(Date(timeIntervalSince1970: 1_800_000_000))

    var now: Date { time.withLock { $0 } }

    func advance(_ seconds: TimeInterval) {
        time.withLock { $0 += seconds }
    }
}

/// Auth as a verifier sees it: it counts how often it is asked, and replies as it should.
final class FakeSource: IssuerClient {
    private struct State {
        var keys: JWKSet
        var epoch = "a"
        /// The number of changes so far.
        var number = 1
        /// The tokens that were revoked, and by which change.
        var revoked: [(number: Int, token: RevokedToken)] = []
        var problem: Problem?
        var count = 0
        var page = TrustUpdates.page

        /// The changes that a reader of this position does not know.
        func changes(since position: StreamPosition?) -> TrustUpdates {
            let isKnown = position.map { $0.epoch == epoch && $0.sequence <= number } ?? false
            let since = isKnown ? position?.sequence ?? 0 : 0
            let missed = revoked.filter { $0.number > since }
            let told = missed.prefix(page)
            let reached = told.count < missed.count ? told.last?.number ?? number : number
            return TrustUpdates(
                since: since, StreamPosition(epoch: epoch, sequence: reached), latest: number, keys: keys,
                revoked: told.map(\.token))
        }
    }

    private let state: Mutex<State>
    /// Lands when the source has been asked for the first time.
    let asked = SingleFlight<Void>()
    /// The source answers once this has landed.
    let gate: SingleFlight<Void>

    init(_ keys: SigningKey..., isOpen: Bool = true) {
        state = Mutex(State(keys: JWKSet(keys.map(\.publicKey))))
        gate = SingleFlight()
        if isOpen { gate.complete(with: ()) }
    }

    var count: Int { state.withLock { $0.count } }

    /// Answers with other keys from now on.
    ///
    /// - Returns: the event that announces it.
    @discardableResult
    func reply(with keys: SigningKey...) -> Event {
        change { state in
            state.problem = nil
            state.keys = JWKSet(keys.map(\.publicKey))
            state.number += 1
        }
    }

    func fail() {
        state.withLock { $0.problem = Problem(.unavailable, "auth cannot be reached.") }
    }

    /// Revokes a token; each is a change of its own.
    ///
    /// - Returns: the event that announces it.
    @discardableResult
    func revoke(_ tokens: RevokedToken...) -> Event {
        change { state in
            for token in tokens {
                state.number += 1
                state.revoked.append((state.number, token))
            }
        }
    }

    private func change(_ edit: (inout State) -> Void) -> Event {
        state.withLock { state in
            let before = StreamPosition(epoch: state.epoch, sequence: state.number)
            edit(&state)
            let body = (try? JSONEncoder().encode(state.changes(since: before))) ?? Data()
            return Event(
                topic: "auth.trust_updates", position: StreamPosition(epoch: state.epoch, sequence: state.number),
                body: body)
        }
    }

    /// A heartbeat.
    var beat: Event {
        state.withLock {
            Event(topic: "auth.trust_updates", position: StreamPosition(epoch: $0.epoch, sequence: $0.number))
        }
    }

    /// Begins the numbers anew, with what there is.
    func restart(as epoch: String) {
        state.withLock { state in
            state.epoch = epoch
            state.revoked = state.revoked.enumerated().map { ($0.offset + 1, $0.element.token) }
            state.number = state.revoked.count
        }
    }

    func limitPage(to size: Int) { state.withLock { $0.page = size } }

    func changes(since position: StreamPosition?) async throws(Problem) -> TrustUpdates {
        state.withLock { $0.count += 1 }
        asked.complete(with: ())
        await gate.value()
        if let problem = state.withLock({ $0.problem }) { throw problem }
        return state.withLock { $0.changes(since: position) }
    }

    func confirm(_ permission: String, _ context: CallContext) async throws(Problem) {
        guard permission == "time" else { throw Problem(.permissionDenied, "No.") }
    }
}

/// auth and a service that trusts it, with one clock.
struct Bench {
    let clock = ManualClock()
    let key = SigningKey()
    let source: FakeSource
    let issuer: TokenIssuer
    let verifier: AccessTokenVerifier
    let pauses: Pauses

    /// The pauses that a warm-up has taken, in no time.
    final class Pauses: Sendable {
        let taken = Mutex<[Duration]>([])
    }

    init(isOpen: Bool = true, cacheLimit: Int = 10_000) {
        let (clock, pauses, source) = (clock, Pauses(), FakeSource(key, isOpen: isOpen))
        self.pauses = pauses
        self.source = source
        issuer = TokenIssuer(key: key, issuer: "auth", audience: "star") { clock.now }
        verifier = AccessTokenVerifier(
            issuer: "auth", audience: "star", source: source, cacheLimit: cacheLimit, now: { clock.now },
            sleep: { pause in pauses.taken.withLock { $0.append(pause) } })
    }

    /// A bench whose verifier has its keys.
    static func warm(cacheLimit: Int = 10_000) async throws -> Bench {
        let bench = Bench(cacheLimit: cacheLimit)
        try await bench.verifier.warmUp()
        return bench
    }

    func token(_ subject: String = "ada", _ permissions: Set<String> = ["time"]) throws -> String {
        try issuer.issue(subject: subject, permissions: permissions).token
    }

    /// A token together with what its revocation says.
    func revocable(_ subject: String = "ada") throws -> (token: String, revoked: RevokedToken) {
        let issued = try issuer.issue(subject: subject, permissions: ["time"])
        return (issued.token, RevokedToken(jti: issued.id, exp: Int(issued.expires.timeIntervalSince1970)))
    }

    /// The kind of problem that a token meets, and its text; `nil` if it is accepted.
    func problem(of token: String) async -> Problem? {
        do {
            _ = try await verifier.verify(token)
            return nil
        } catch {
            return error
        }
    }
}

/// Makes tokens that no issuer makes.
struct Forger {
    let key: SigningKey
    let now: Date
    var header: JSONObject
    var claims: JSONObject

    init(_ bench: Bench) {
        key = bench.key
        now = bench.clock.now
        let seconds = Int(now.timeIntervalSince1970)
        header = ["alg": "EdDSA", "typ": "at+jwt", "kid": .string(bench.key.kid)]
        claims = [
            "iss": "auth", "sub": "ada", "aud": "star", "jti": "1", "client_id": "star", "iat": .integer(seconds),
            "exp": .integer(seconds + 300), "permissions": ["time"],
        ]
    }

    /// The token of these claims with a few of its members changed; `nil` takes a member away.
    func token(header changes: [String: JSONValue?] = [:], claims others: [String: JSONValue?] = [:]) throws -> String {
        let header = changes.reduce(header) { $0.setting($1.key, to: $1.value) }
        let claims = others.reduce(claims) { $0.setting($1.key, to: $1.value) }
        return try sign(JSONValue.object(header).json(), JSONValue.object(claims).json())
    }

    /// A token with this text for header and claims, well signed.
    func sign(_ header: Data, _ claims: Data) throws -> String {
        let signed = Base64URL.encode(header) + "." + Base64URL.encode(claims)
        return signed + "." + Base64URL.encode(key.signature(of: Array(signed.utf8)))
    }

    /// The claims as JSON, with this text put in before the last brace.
    func claims(adding text: String) -> Data {
        Data(String(decoding: JSONValue.object(claims).json(), as: UTF8.self).dropLast().utf8) + Data((text + "}").utf8)
    }
}
