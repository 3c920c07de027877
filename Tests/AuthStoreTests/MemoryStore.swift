import Auth
import Foundation
import JOSE
import Tokens

/// A store in memory: what the suite is tried on first, and the shortest that keeps the protocol.
actor MemoryStore: AuthStore {
    private var state = MemoryState()
    private var isClosed = false

    private func read() throws(StoreError) -> MemoryState {
        guard !isClosed else { throw .unavailable("It is closed.") }
        return state
    }

    /// Runs an edit on a copy, which takes the old one's place unless the edit refuses, or no administrator would be left.
    private func write<Value>(
        _ entry: AuditEntry? = nil, _ edit: (inout MemoryState) -> Result<Value, StoreRejection>
    ) throws(StoreError) -> Result<Value, StoreRejection> {
        var draft = try read()
        let result = edit(&draft)
        guard case .success = result else { return result }
        if state.hasAdministrator, !draft.hasAdministrator { return .failure(.lastAdministrator) }
        if let entry, draft != state { draft.record(entry) }
        state = draft
        return result
    }

    func probe() throws(StoreError) { _ = try read() }

    func prune(at moment: Date) throws(StoreError) {
        _ = try read()
        state.sessions = state.sessions.filter { _, session in
            session.token.expires > moment || session.token.access.isAccepted(at: moment)
        }
        state.ended.formIntersection(state.sessions.values.map(\.token.family))
        state.revocations.removeAll { !$0.token.isAccepted(at: moment) }
    }

    func forgetAudit(before moment: Date) throws(StoreError) {
        _ = try read()
        state.trail.removeAll { $0.entry.at < moment }
    }

    func close() { isClosed = true }
}

// Users and roles.
extension MemoryStore {
    func user(named name: String) throws(StoreError) -> User? { try read().users[name] }

    func secret(of name: String) throws(StoreError) -> StoredSecret? {
        try read().users[name].flatMap { $0.isLocked ? nil : StoredSecret(subject: $0.id, hash: $0.passwordHash) }
    }

    func permissions(of name: String) throws(StoreError) -> Set<String> {
        let state = try read()
        guard let user = state.users[name], !user.isLocked else { return [] }
        return user.effectivePermissions(state.allRoles)
    }

    func users(after name: String?, limit: Int) throws(StoreError) -> [User] {
        try accounts(after: name, limit) { ClientAccount.client(of: $0.name) == nil }
    }

    func clients(after name: String?, limit: Int) throws(StoreError) -> [User] {
        try accounts(after: name, limit) { ClientAccount.client(of: $0.name) != nil }
    }

    private func accounts(
        after name: String?, _ limit: Int, _ isIncluded: (User) -> Bool
    ) throws(StoreError) -> [User] {
        let all = try read().users.values.filter(isIncluded).sorted { ByteOrder($0.name) < ByteOrder($1.name) }
        return Array(all.filter { user in name.map { ByteOrder($0) < ByteOrder(user.name) } ?? true }.prefix(limit))
    }

    func add(
        _ user: User, by authority: Authority, _ entry: AuditEntry
    ) throws(StoreError) -> Result<User, StoreRejection> {
        try write(entry) { state in
            state.held(by: authority).flatMap { held in
                guard state.users[user.name] == nil else { return .failure(.nameTaken) }
                if let refusal = user.refusal(held: held, state.allRoles) { return .failure(refusal) }
                state.users[user.name] = user
                return .success(user)
            }
        }
    }

    func hasAdministrator() -> Bool {
        state.users.values.contains { $0.effectivePermissions(state.allRoles).contains(Administration.permission) }
    }

    func addFirstAdministrator(_ user: User, _ role: Role, _ entry: AuditEntry) throws(StoreError) -> Bool {
        let result = try write(entry) { state -> Result<User, StoreRejection> in
            let isThere = state.users.values.contains {
                $0.name == user.name || $0.effectivePermissions(state.allRoles).contains(Administration.permission)
            }
            guard !isThere else { return .failure(.nameTaken) }
            state.roles[role.name] = role
            state.users[user.name] = user
            return .success(user)
        }
        return (try? result.get()) != nil
    }

    func change(
        _ name: String, _ change: UserChange, by authority: Authority, _ entry: AuditEntry
    ) throws(StoreError) -> Result<User, StoreRejection> {
        try write(entry) { state in
            state.held(by: authority).flatMap { held in
                guard let user = state.users[name] else { return .failure(.noSuchUser) }
                return change.applied(to: user, held: held, roles: state.allRoles, at: entry.at).map {
                    changed, ending in
                    guard !changed.isSame(as: user) else { return user }
                    state.users[name] = changed
                    state.end(ending, of: name, at: entry.at)
                    return changed
                }
            }
        }
    }

    func remove(
        _ name: String, by authority: Authority, _ entry: AuditEntry
    ) throws(StoreError) -> Result<User, StoreRejection> {
        try write(entry) { state in
            state.held(by: authority).flatMap { _ in
                guard let user = state.users.removeValue(forKey: name) else { return .failure(.noSuchUser) }
                state.end(.sessions, of: name, at: entry.at)
                state.sessions = state.sessions.filter { $0.value.token.user != name }
                return .success(user)
            }
        }
    }

    func recordFailure(of name: String, limit: Int, from origin: String?, at moment: Date) throws(StoreError) -> Int {
        guard let failures = try read().users[name].map({ $0.failedAttempts + 1 }) else { return 0 }
        state.users[name]?.failedAttempts = failures
        if failures >= limit { state.record(.guesses(at: name, failures, from: origin, at: moment)) }
        return failures
    }

    func roles() throws(StoreError) -> [Role] { try read().allRoles }

    func set(_ role: Role, _ entry: AuditEntry) throws(StoreError) -> Result<Role, StoreRejection> {
        try setRole(role.name, role, entry).map { _ in role }
    }

    func removeRole(_ name: String, _ entry: AuditEntry) throws(StoreError) -> Result<Role, StoreRejection> {
        try setRole(name, nil, entry).flatMap { $0.map { .success($0) } ?? .failure(.noSuchRole(name)) }
    }

    /// - Returns: the role as it was.
    private func setRole(
        _ name: String, _ role: Role?, _ entry: AuditEntry
    ) throws(StoreError) -> Result<Role?, StoreRejection> {
        try write(entry) { state in
            let before = state
            if let role, before.roles[name] == role { return .success(role) }
            state.roles[name] = role
            guard role != nil || before.roles[name] != nil else { return .failure(.noSuchRole(name)) }
            for user in before.users.values {
                guard user.fitsToken(state.allRoles) else { return .failure(.tooMuch) }
                if role == nil { state.users[user.name]?.roles.remove(name) }
                let isLess = !user.effectivePermissions(state.allRoles).isSuperset(
                    of: user.effectivePermissions(before.allRoles))
                if isLess { state.end(.accessTokens, of: user.name, at: entry.at) }
            }
            return .success(before.roles[name])
        }
    }
}

// Sessions.
extension MemoryStore {
    func open(_ token: RefreshToken, passwordHash: String, rehashed: String?) throws(StoreError) -> Set<String>? {
        guard var user = try read().users[token.user], !user.isLocked, user.passwordHash == passwordHash else {
            return nil
        }
        user.failedAttempts = 0
        if let rehashed { user.passwordHash = rehashed }
        state.users[user.name] = user
        state.sessions[token.hash] = MemoryState.Session(token: token)
        return user.effectivePermissions(state.allRoles)
    }

    func refreshToken(_ hash: String) throws(StoreError) -> StoredRefreshToken? {
        let state = try read()
        return state.sessions[hash].map {
            StoredRefreshToken(
                token: $0.token, subject: state.users[$0.token.user]?.id ?? "", use: $0.use,
                isEnded: state.ended.contains($0.token.family))
        }
    }

    func rotate(
        _ hash: String, to next: RefreshToken, sealed: String, retryable time: Duration, from origin: String?
    ) throws(StoreError) -> Rotation {
        guard let session = try read().sessions[hash] else { return .unknown }
        let family = session.token.family
        guard !state.ended.contains(family) else { return .ended }
        if let use = session.use {
            let isRetry = next.issued.timeIntervalSince(use.moment) < time / .seconds(1)
            if isRetry, let successor = state.sessions[use.successor], successor.use == nil {
                let permissions = try permissions(of: session.token.user)
                return .repeated(successor.token, sealed: use.sealed, permissions: permissions)
            }
            state.end(family: family, at: next.issued)
            state.record(.reuse(of: session.token, from: origin, at: next.issued))
            return .reused
        }
        guard session.token.expires > next.issued else { return .expired }
        state.sessions[hash]?.use = .init(at: next.issued, successor: next.hash, sealed: sealed)
        state.sessions[next.hash] = MemoryState.Session(token: next)
        return .rotated(permissions: try permissions(of: session.token.user))
    }

    func endSession(_ hash: String, _ entry: AuditEntry) throws(StoreError) -> Bool {
        guard let family = try read().sessions[hash]?.token.family, !state.ended.contains(family) else { return false }
        state.end(family: family, at: entry.at)
        state.record(entry)
        return true
    }
}

// Keys, revocations, the audit trail.
extension MemoryStore {
    func keys() throws(StoreError) -> [StoredKey] { try read().keys }

    func begin(with key: StoredKey, _ entry: AuditEntry) throws(StoreError) -> Bool {
        guard try read().keys.isEmpty, let key = key.moved(to: .signing, at: entry.at) else { return false }
        return change([key], entry)
    }

    func announce(_ key: StoredKey, _ entry: AuditEntry) throws(StoreError) -> Bool {
        let keys = try read().keys
        guard !keys.contains(where: { $0.kid == key.kid }) else { return false }
        guard keys.count(where: { $0.state != .retired }) < JWKSet.limit else { return false }
        return change(keys + [key], entry)
    }

    func promote(_ kid: String, _ entry: AuditEntry) throws(StoreError) -> Bool {
        var keys = try read().keys
        guard let index = keys.firstIndex(where: { $0.kid == kid }),
            let promoted = keys[index].moved(to: .signing, at: entry.at)
        else { return false }
        keys = keys.map { $0.moved(to: .retiring, at: entry.at) ?? $0 }
        keys[index] = promoted
        return change(keys, entry)
    }

    func retire(_ kid: String, _ entry: AuditEntry) throws(StoreError) -> Bool {
        var keys = try read().keys
        guard let index = keys.firstIndex(where: { $0.kid == kid }),
            let retired = keys[index].moved(to: .retired, at: entry.at)
        else { return false }
        keys[index] = retired
        return change(keys, entry)
    }

    private func change(_ keys: [StoredKey], _ entry: AuditEntry) -> Bool {
        state.keys = keys
        state.version += 1
        state.keysVersion = state.version
        state.record(entry)
        return true
    }

    func revoke(_ token: TokenReference, _ entry: AuditEntry) throws(StoreError) {
        guard try !isRevoked(token.id) else { return }
        state.revoke(token)
        state.record(entry)
    }

    func isRevoked(_ id: String) throws(StoreError) -> Bool {
        try read().revocations.contains { $0.token.id == id }
    }

    func changes(since version: Int, limit: Int) throws(StoreError) -> Changes {
        let state = try read()
        let start = version > state.version ? 0 : version
        let all = state.revocations.filter { $0.version > start }
        let page = Array(all.prefix(limit))
        let isComplete = page.count == all.count
        return Changes(
            epoch: state.keys.first?.kid,
            version: isComplete ? state.version : page.last?.version ?? start, keysVersion: state.keysVersion,
            revocations: page, isComplete: isComplete)
    }

    func audit(before number: Int?, limit: Int) throws(StoreError) -> [AuditRecord] {
        Array(try read().trail.reversed().filter { $0.number < number ?? .max }.prefix(limit))
    }
}
