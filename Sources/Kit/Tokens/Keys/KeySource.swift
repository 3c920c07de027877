public import Endpoints

/// Where a verifier gets its keys: a call to auth, whatever the transport; in auth itself, its own ``KeySet``.
public protocol KeySource: Sendable {
    /// The whole set of keys that are good now.
    ///
    /// Those who wait for keys wait for this, so it must end, within a second or two, whatever the other side does.
    ///
    /// - Throws: a ``Problem`` that says why there is no answer.
    func currentKeys() async throws(Problem) -> KeySet
}

extension KeySet: KeySource {
    public func currentKeys() -> KeySet { self }
}
