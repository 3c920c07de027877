/// Signing keys. Each change of one has a version in ``Changes``; the moment is that of its entry.
public protocol KeyStore: Sendable {
    /// All keys, the oldest first. They hold their secrets.
    func keys() async throws(StoreError) -> [StoredKey]

    /// Adds the first key, which signs at once, unless there is a key: of several processes that start at once, one does.
    ///
    /// - Returns: whether it was added.
    func begin(with key: StoredKey, _ entry: AuditEntry) async throws(StoreError) -> Bool

    /// Adds a key that will sign later.
    ///
    /// - Returns: whether it was added; not where there is one of its name, or there are as many as a set can hold.
    func announce(_ key: StoredKey, _ entry: AuditEntry) async throws(StoreError) -> Bool

    /// Lets an announced key sign; the one that has signed retires with it.
    ///
    /// - Returns: whether it did; not where there is no such key, or it is not announced (any more).
    func promote(_ kid: String, _ entry: AuditEntry) async throws(StoreError) -> Bool

    /// Ends a key that is retiring, or one that was announced and never signed, and forgets its private half.
    ///
    /// - Returns: whether it did; not the key that signs.
    func retire(_ kid: String, _ entry: AuditEntry) async throws(StoreError) -> Bool
}
