public import Endpoints
public import JOSE
public import RPC
public import Trust

/// The issuer of tokens as a verifier sees it: the source of its keys, and introspection of a token.
///
/// It is reached by calls over any transport; in the issuer itself, by none.
public protocol IssuerClient: Sendable {
    /// The keys that are good now, and the tokens that were revoked.
    ///
    /// Those who wait for keys wait for this, so it must end, within a second or two, whatever the other side does.
    ///
    /// - Parameter position: what is known already; `nil` if nothing is.
    /// - Throws: a ``Problem`` that says why there is no answer.
    func changes(since position: StreamPosition?) async throws(Problem) -> TrustUpdates

    /// The keys that are good now.
    ///
    /// - Throws: as ``changes(since:)``.
    func currentKeys() async throws(Problem) -> JWKSet

    /// Asks whether the call's token, which has been verified, holds a permission now.
    ///
    /// It returns by the call's deadline.
    ///
    /// - Throws: a ``Problem``: the answer is no, or there is none.
    func confirm(_ permission: String, _ context: CallContext) async throws(Problem)
}

extension IssuerClient {
    /// The keys that are good now, of all changes.
    ///
    /// - Throws: as ``changes(since:)``.
    public func currentKeys() async throws(Problem) -> JWKSet { try await changes(since: nil).jwks }

    /// Confirms nothing: there is no issuer to ask.
    ///
    /// - Throws: ``Problem/Kind/unavailable``.
    public func confirm(_ permission: String, _ context: CallContext) async throws(Problem) {
        throw .noIssuer
    }
}

/// Keys that never change.
extension JWKSet: IssuerClient {
    public func changes(since position: StreamPosition?) -> TrustUpdates { TrustUpdates(keys: self) }
}

extension TrustUpdates {
    /// - Parameters:
    ///   - since: the number of the change before these; 0 for a full snapshot.
    ///   - position: the state that is known with these changes.
    ///   - latest: the number of the last change there is; by default that of the position.
    public init(
        since: Int, _ position: StreamPosition, latest: Int? = nil, keys: JWKSet, revoked: [RevokedToken]
    ) {
        self.init(
            epoch: position.epoch, since: since, sequence: position.sequence, latest: latest ?? position.sequence,
            jwks: keys, revoked: revoked)
    }

    /// The updates of an issuer whose keys never change.
    public init(keys: JWKSet) {
        self.init(since: 0, StreamPosition(epoch: "keys", sequence: 0), keys: keys, revoked: [])
    }

    /// The state that is known with these changes.
    public var position: StreamPosition { StreamPosition(epoch: epoch, sequence: sequence) }
}
