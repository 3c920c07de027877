package import Foundation

// What `UserStore` says its methods do. A refusal is thrown, and undoes the transaction.
extension StoreTransaction {
    package func add(_ user: User, by authority: Authority, _ entry: AuditEntry) throws -> User {
        let held = try held(by: authority)
        guard try self.user(named: user.name) == nil else { throw StoreRejection.nameTaken }
        if let refusal = user.refusal(held: held, try roles()) { throw refusal }
        try insert(user)
        try note(entry.about(user))
        return user
    }

    package func addFirstAdministrator(_ user: User, _ role: Role, _ entry: AuditEntry) throws -> Bool {
        guard try self.user(named: user.name) == nil, try administrators(orLocked: true) == 0 else { return false }
        try set(role)
        try insert(user)
        try note(entry.about(user))
        return true
    }

    package func change(
        _ name: String, _ change: UserChange, by authority: Authority, _ entry: AuditEntry
    ) throws -> User {
        let held = try held(by: authority)
        return try keepingAdministrator { try apply(change, to: name, held: held, entry) }
    }

    package func remove(_ name: String, by authority: Authority, _ entry: AuditEntry) throws -> User {
        _ = try held(by: authority)
        return try keepingAdministrator {
            guard let user = try user(named: name) else { throw StoreRejection.noSuchUser }
            try end(.sessions, of: name, at: entry.at)
            try delete(user: name)
            try note(entry.about(user))
            return user
        }
    }

    package func recordFailure(of name: String, limit: Int, from origin: String?, at moment: Date) throws -> Int {
        guard let user = try user(named: name) else { return 0 }
        try recordFailure(of: name)
        let failures = user.failedAttempts + 1
        if failures >= limit { try note(.guesses(at: name, failures, from: origin, at: moment)) }
        return failures
    }

    package func set(_ role: Role, _ entry: AuditEntry) throws -> Role {
        guard try !roles().contains(role) else { return role }
        return try endingLessened(of: role.name, at: entry.at) {
            try set(role)
            try note(entry)
            return role
        }
    }

    package func removeRole(_ name: String, _ entry: AuditEntry) throws -> Role {
        try endingLessened(of: name, at: entry.at) {
            guard let role = try roles().first(where: { $0.name == name }) else {
                throw StoreRejection.noSuchRole(name)
            }
            try delete(role: name)
            try note(entry)
            return role
        }
    }

    /// The permissions that may be granted; `nil` for any.
    private func held(by authority: Authority) throws -> Set<String>? {
        guard case .administrator(let name) = authority else { return nil }
        let held = try permissions(of: name)
        guard held.contains(Administration.permission) else { throw StoreRejection.notAdministrator }
        return held
    }

    private func apply(
        _ change: UserChange, to name: String, held: Set<String>?, _ entry: AuditEntry
    ) throws -> User {
        guard let user = try user(named: name) else { throw StoreRejection.noSuchUser }
        let (changed, ending) = try change.applied(to: user, held: held, roles: try roles(), at: entry.at).get()
        guard !changed.isSame(as: user) else { return user }
        try update(changed)
        if changed.permissions != user.permissions || changed.roles != user.roles { try setAccess(of: changed) }
        try end(ending, of: name, at: entry.at)
        try note(entry)
        return changed
    }

    /// Refuses an edit that would leave no administrator where there was one.
    private func keepingAdministrator<Value>(_ edit: () throws -> Value) throws -> Value {
        let before = try administrators(orLocked: false)
        let value = try edit()
        if before > 0, try administrators(orLocked: false) == 0 { throw StoreRejection.lastAdministrator }
        return value
    }

    /// Revokes the tokens of those who may do less after an edit of a role.
    private func endingLessened<Value>(of role: String, at moment: Date, _ edit: () throws -> Value) throws -> Value {
        try keepingAdministrator {
            let before = try roles()
            let holders = try holders(of: role)
            let value = try edit()
            let after = try roles()
            for user in holders {
                guard user.fitsToken(after) else { throw StoreRejection.tooMuch }
                let less = user.effectivePermissions(before).subtracting(user.effectivePermissions(after))
                if !less.isEmpty { try end(.accessTokens, of: user.name, at: moment) }
            }
            return value
        }
    }
}
