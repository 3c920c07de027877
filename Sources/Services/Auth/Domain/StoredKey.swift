public import Foundation

/// A signing key as a store keeps it. Neither its description nor its mirror shows the secret.
public struct StoredKey: Sendable, Equatable {
    /// The life of a key, in this order and never back.
    public enum State: String, Sendable, CaseIterable {
        /// Published, so that every verifier has it before it signs.
        case announced
        /// Signs; one key at a time does.
        case signing
        /// Verifies what it has signed, until the last of it has ended.
        case retiring
        /// Verifies nothing any more. Its private half is forgotten.
        case retired
    }

    /// The key's name, as tokens say it.
    public let kid: String
    /// The private key as a JWK (RFC 8037); empty once it is retired.
    public let jwk: Data
    public let state: State
    public let announced: Date
    /// The time at which it began to sign.
    public let signing: Date?
    /// The time at which it ceased to sign.
    public let retiring: Date?
    public let retired: Date?

    public init(
        kid: String, jwk: Data, state: State = .announced, announced: Date, signing: Date? = nil, retiring: Date? = nil,
        retired: Date? = nil
    ) {
        self.kid = kid
        self.jwk = jwk
        self.state = state
        self.announced = announced
        self.signing = signing
        self.retiring = retiring
        self.retired = retired
    }
}

extension StoredKey {
    /// The key in its next state; `nil` if that is none it can come to from here.
    package func moved(to next: State, at moment: Date) -> StoredKey? {
        switch (state, next) {
        case (.announced, .signing):
            StoredKey(kid: kid, jwk: jwk, state: .signing, announced: announced, signing: moment)
        case (.signing, .retiring):
            StoredKey(
                kid: kid, jwk: jwk, state: .retiring, announced: announced, signing: signing, retiring: moment)
        case (.retiring, .retired), (.announced, .retired):
            StoredKey(
                kid: kid, jwk: Data(), state: .retired, announced: announced, signing: signing, retiring: retiring,
                retired: moment)
        default: nil
        }
    }
}

extension StoredKey: CustomStringConvertible, CustomReflectable {
    public var description: String { "StoredKey(\(kid), \(state))" }
    public var customMirror: Mirror { Mirror(self, children: ["kid": kid, "state": state]) }
}

/// The changes that verifiers need since a version that they know.
///
/// Every revocation and every change of a key has a version, one more than the last. They are seen in their order: who
/// has seen a version never finds another below it later, also where several processes write.
public struct Changes: Sendable, Equatable {
    public struct Revocation: Sendable, Hashable {
        public let version: Int
        public let token: TokenReference

        public init(version: Int, token: TokenReference) {
            self.version = version
            self.token = token
        }
    }

    /// The name of the store: another one for another store, and for a back-up that was put in its place. `nil` while it
    /// has no key.
    public let epoch: String?
    /// Up to which version these are all. Ask from here the next time.
    public let version: Int
    /// The version of the last change of a key; 0 if there was none.
    public let keysVersion: Int
    /// By version. Those whose tokens have ended may be left out.
    public let revocations: [Revocation]
    /// True if these are all up to now; otherwise ask again, from `version`.
    public let isComplete: Bool

    public init(epoch: String?, version: Int, keysVersion: Int, revocations: [Revocation], isComplete: Bool) {
        self.epoch = epoch
        self.version = version
        self.keysVersion = keysVersion
        self.revocations = revocations
        self.isComplete = isComplete
    }
}
