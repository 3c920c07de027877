import Endpoints
import Foundation
import JOSE
import RPC
import Tokens
import Trust

/// Auth as those see it who trust it: keys that come and go, tokens that are revoked, events of both, and the endpoint that
/// returns what was missed.
final class SimulatedIssuer: @unchecked Sendable {
    enum Change {
        case revocation(token: Int)
        case newKey(JWK)
        case endOfKey(JWK)
    }

    static let tokens = 0..<40
    static let topic = "auth.trust_updates"
    /// So many revocations are in one answer at the most: less than there are tokens, so that there are several pages.
    private static let page = 3

    private let world: World
    private(set) var changes: [(change: Change, time: ContinuousClock.Instant)] = []
    private var epoch = 1
    private var published: StreamPosition?
    private(set) var isUp = true
    /// The time of its last start, or at which its store was put back to an earlier state.
    private(set) var beginning = ContinuousClock.now
    var receivers: [@Sendable (Event) -> Void] = []

    init(_ world: World) {
        self.world = world
        change(.newKey(Self.makeKey(0)))
    }

    /// The key that a token is signed with.
    static func kid(of token: Int) -> String { "key \(token % 8)" }

    private static func makeKey(_ number: Int) -> JWK {
        JWK(kid: "key \(number)", bytes: [UInt8](repeating: UInt8(number), count: 32))
    }

    var keys: [JWK] {
        changes.reduce(into: []) { keys, entry in
            switch entry.change {
            case .revocation: break
            case .newKey(let key): keys.append(key)
            case .endOfKey(let key): keys.removeAll { $0 == key }
            }
        }
    }

    private func change(_ change: Change) {
        changes.append((change, .now))
        if isUp { publish() }
    }

    /// Something changes.
    func change() {
        let keys = keys
        let number = (0..<8).randomElement() ?? 0
        switch Int.random(in: 0..<4) {
        case 0 where !keys.contains { $0.kid == "key \(number)" }: change(.newKey(Self.makeKey(number)))
        case 1 where keys.count > 1: change(.endOfKey(keys[0]))
        default: change(.revocation(token: Self.tokens.randomElement() ?? 0))
        }
    }

    private var position: StreamPosition { StreamPosition(epoch: "\(epoch)", sequence: changes.count) }

    /// The changes since a position.
    func updates(since known: StreamPosition?) -> TrustUpdates {
        var since = 0
        if let known, known.epoch == position.epoch, known.sequence <= changes.count { since = known.sequence }
        let end = min(since + Self.page, changes.count)
        let revoked = changes[since..<end].compactMap { entry in
            guard case .revocation(let token) = entry.change else { return nil as RevokedToken? }
            return RevokedToken(jti: "\(token)", exp: 4_000_000_000)
        }
        return TrustUpdates(
            since: since, StreamPosition(epoch: position.epoch, sequence: end), latest: changes.count,
            keys: JWKSet(keys), revoked: revoked)
    }

    private func publish() {
        while published != position {
            let updates = updates(since: published)
            published = updates.position
            guard let body = try? PayloadCoder.encode(updates) else { world.fail("an update is not written") }
            send(Event(topic: Self.topic, position: updates.position, body: body))
        }
    }

    func sendHeartbeat() {
        if isUp, let published { send(Event(topic: Self.topic, position: published)) }
    }

    private func send(_ event: Event) {
        for receive in receivers { receive(event) }
    }

    func stop() { isUp = false }

    /// - Parameter isRestored: the store is as it was a while ago, and the numbers begin anew.
    func start(isRestored: Bool = false) {
        if isRestored {
            epoch += 1
            changes.removeLast(Int.random(in: 0..<changes.count))
        }
        isUp = true
        beginning = .now
        published = nil
        publish()
    }
}
