package import Foundation

/// A store that keeps rows. What follows from the rules alone is here, for every such store.
package protocol TransactionalStore: AuthStore {
    associatedtype Transaction: StoreTransaction

    /// Reads.
    func read<Value: Sendable>(
        _ work: @escaping @Sendable (Transaction) throws -> Value
    ) async throws(StoreError) -> Value

    /// One transaction, beside which there is no other that writes.
    func write<Value: Sendable>(
        _ work: @escaping @Sendable (Transaction) throws -> Value
    ) async throws(StoreError) -> Value

    /// A transaction that writes, and is undone if it throws a ``StoreRejection``.
    func writeOrReject<Value: Sendable>(
        _ work: @escaping @Sendable (Transaction) throws -> Value
    ) async throws(StoreError) -> Result<Value, StoreRejection>
}

// Users and roles.
extension TransactionalStore {
    public func user(named name: String) async throws(StoreError) -> User? {
        try await read { try $0.user(named: name) }
    }

    public func secret(of name: String) async throws(StoreError) -> StoredSecret? {
        try await read { try $0.secret(of: name) }
    }

    public func add(
        _ user: User, by authority: Authority, _ entry: AuditEntry
    ) async throws(StoreError) -> Result<User, StoreRejection> {
        try await writeOrReject { try $0.add(user, by: authority, entry) }
    }

    public func hasAdministrator() async throws(StoreError) -> Bool {
        try await read { try $0.administrators(orLocked: true) > 0 }
    }

    public func addFirstAdministrator(
        _ user: User, _ role: Role, _ entry: AuditEntry
    ) async throws(StoreError) -> Bool {
        try await write { try $0.addFirstAdministrator(user, role, entry) }
    }

    public func change(
        _ name: String, _ change: UserChange, by authority: Authority, _ entry: AuditEntry
    ) async throws(StoreError) -> Result<User, StoreRejection> {
        try await writeOrReject { try $0.change(name, change, by: authority, entry) }
    }

    public func remove(
        _ name: String, by authority: Authority, _ entry: AuditEntry
    ) async throws(StoreError) -> Result<User, StoreRejection> {
        try await writeOrReject { try $0.remove(name, by: authority, entry) }
    }

    public func recordFailure(
        of name: String, limit: Int, from origin: String?, at moment: Date
    ) async throws(StoreError) -> Int {
        try await write { try $0.recordFailure(of: name, limit: limit, from: origin, at: moment) }
    }

    public func roles() async throws(StoreError) -> [Role] {
        try await read { try $0.roles() }
    }

    public func set(_ role: Role, _ entry: AuditEntry) async throws(StoreError) -> Result<Role, StoreRejection> {
        try await writeOrReject { try $0.set(role, entry) }
    }

    public func removeRole(_ name: String, _ entry: AuditEntry) async throws(StoreError) -> Result<Role, StoreRejection>
    {
        try await writeOrReject { try $0.removeRole(name, entry) }
    }
}

// Sessions, keys and revocations.
extension TransactionalStore {
    public func open(
        _ token: RefreshToken, passwordHash: String, rehashed: String?
    ) async throws(StoreError) -> Set<String>? {
        try await write { try $0.open(token, passwordHash: passwordHash, rehashed: rehashed) }
    }

    public func refreshToken(_ hash: String) async throws(StoreError) -> StoredRefreshToken? {
        try await read { try $0.refreshToken(hash) }
    }

    public func rotate(
        _ hash: String, to next: RefreshToken, sealed: String, retryable time: Duration, from origin: String?
    ) async throws(StoreError) -> Rotation {
        try await write { try $0.rotate(hash, to: next, sealed: sealed, retryable: time, from: origin) }
    }

    public func endSession(_ hash: String, _ entry: AuditEntry) async throws(StoreError) -> Bool {
        try await write { try $0.endSession(hash, entry) }
    }

    public func keys() async throws(StoreError) -> [StoredKey] {
        try await read { try $0.keys() }
    }

    public func begin(with key: StoredKey, _ entry: AuditEntry) async throws(StoreError) -> Bool {
        try await write { try $0.begin(with: key, entry) }
    }

    public func announce(_ key: StoredKey, _ entry: AuditEntry) async throws(StoreError) -> Bool {
        try await write { try $0.announce(key, entry) }
    }

    public func promote(_ kid: String, _ entry: AuditEntry) async throws(StoreError) -> Bool {
        try await write { try $0.promote(kid, entry) }
    }

    public func retire(_ kid: String, _ entry: AuditEntry) async throws(StoreError) -> Bool {
        try await write { try $0.retire(kid, entry) }
    }

    public func revoke(_ token: TokenReference, _ entry: AuditEntry) async throws(StoreError) {
        try await write { transaction in
            if try transaction.revoke(token) { try transaction.record(entry) }
        }
    }
}

// Clean-up.
extension TransactionalStore {
    public func prune(at moment: Date) async throws(StoreError) {
        try await forget { try $0.forget(endedBy: moment, limit: $1) }
    }

    public func forgetAudit(before moment: Date) async throws(StoreError) {
        try await forget { try $0.forgetAudit(before: moment, limit: $1) }
    }

    /// In small portions, with a pause after each for those who wait: as long as the portion took.
    private func forget(
        _ portion: @escaping @Sendable (Transaction, Int) throws -> Int
    ) async throws(StoreError) {
        let limit = 500
        while !Task.isCancelled {
            let start = ContinuousClock.now
            guard try await write({ try portion($0, limit) }) == limit else { return }
            try? await Task.sleep(for: max(.milliseconds(5), start.duration(to: .now)))
        }
    }
}
