public import Contracts
import Endpoints
import Foundation
import Passwords
import RPC

// Users: what administrators do, and what users do for themselves. Who may do what to whom is checked here once more, by
// what the store says of the caller now, because a token may be older than a change.
extension AuthService {
    func addUser(_ new: NewUser, _ context: CallContext) async throws -> UserProfile {
        let administrator = try await administrator(context)
        let name = UserRules.name(typed: new.user)
        try check(new.password, of: name, "/password")
        if let fault = UserRules.fault(ofName: name) {
            throw Problem(.invalid, "The name \(fault).", faults: [.init(pointer: "/user", detail: fault)])
        }
        let hash = try await passwords.hash(new.password)
        let user = User(
            name: name, passwordHash: hash, permissions: Set(new.permissions ?? []), roles: Set(new.roles ?? []),
            created: .now)
        let entry = entry(.userAdded, of: user.name, context, UserRules.words(user.permissions, user.roles))
        return try await change { store throws(StoreError) in
            try await store.add(user, by: administrator, entry)
        }.profile
    }

    func listUsers(_ page: PageRequest, _ context: CallContext) async throws -> UserPage {
        _ = try await administrator(context)
        let limit = page.limit ?? 50
        // One more than asked for shows if there is another page.
        let found = try await query { store throws(StoreError) in
            try await store.users(after: page.after, limit: limit + 1)
        }
        let users = found.prefix(limit).map(\.profile)
        return UserPage(users: users, next: found.count > limit ? users.last?.user : nil)
    }

    func showUser(_ name: UserName, _ context: CallContext) async throws -> UserProfile {
        let name = UserRules.name(typed: name.user)
        let user = try await query { store throws(StoreError) in try await store.user(named: name) }
        if context.principal?.subject != user?.id { _ = try await administrator(context) }
        guard let user else { throw StoreRejection.noSuchUser.problem }
        return user.profile
    }

    func changePassword(_ wish: PasswordChange, _ context: CallContext) async throws -> Empty {
        let name = UserRules.name(typed: wish.user)
        guard context.principal?.username == name else {
            throw Problem(.permissionDenied, "You can only change your own password.")
        }
        try check(wish.newPassword, of: name, "/new_password")
        let entry = entry(.passwordChanged, of: name, context)
        return try await guess(.password, of: name, context) {
            try await self.passwords.run {
                let (old, _) = try await self.check(name, wish.oldPassword)
                let hash = try await self.passwords.hash(wish.newPassword)
                _ = try await self.change { store throws(StoreError) in
                    try await store.change(
                        name, .password(hash: hash, replacing: old.hash), by: .system, entry)
                }
                return Empty()
            }
        }
    }

    func setPermissions(_ wish: PermissionChange, _ context: CallContext) async throws -> UserProfile {
        let (permissions, roles) = (Set(wish.permissions), wish.roles.map(Set.init))
        return try await change(
            wish.user, .access(permissions: permissions, roles: roles), .accessChanged, context,
            UserRules.words(permissions, roles))
    }

    func lockUser(_ name: UserName, _ context: CallContext) async throws -> UserProfile {
        try await change(name.user, .lock, .userLocked, context)
    }

    func unlockUser(_ name: UserName, _ context: CallContext) async throws -> UserProfile {
        let user = try await change(name.user, .unlock, .userUnlocked, context)
        lockouts.forgive(user.user)
        return user
    }

    private func change(
        _ typed: String, _ change: UserChange, _ action: AuditEntry.AuditAction, _ context: CallContext,
        _ detail: String = ""
    ) async throws -> UserProfile {
        let administrator = try await administrator(context)
        let user = UserRules.name(typed: typed)
        let entry = entry(action, of: user, context, detail)
        return try await self.change { store throws(StoreError) in
            try await store.change(user, change, by: administrator, entry)
        }.profile
    }

    func removeUser(_ name: UserName, _ context: CallContext) async throws -> Empty {
        let administrator = try await administrator(context)
        let name = UserRules.name(typed: name.user)
        let entry = entry(.userRemoved, of: name, context)
        _ = try await change { store throws(StoreError) in
            try await store.remove(name, by: administrator, entry)
        }
        return Empty()
    }

    func listRoles(_: Empty, _ context: CallContext) async throws -> RoleList {
        _ = try await administrator(context)
        let roles = try await query { store throws(StoreError) in try await store.roles() }
        return RoleList(roles: roles.map { .init(name: $0.name, permissions: $0.permissions.sorted()) })
    }
}

extension AuthService {
    /// The right of the caller, if it may change users now. The store checks again when it changes one.
    ///
    /// - Throws: ``Problem/Kind/permissionDenied``.
    func administrator(_ context: CallContext) async throws(Problem) -> Authority {
        guard let name = context.principal?.username else { throw Problem(.tokenMissing, "A token is needed.") }
        let held = try await query { store throws(StoreError) in try await store.permissions(of: name) }
        guard held.contains(Administration.permission) else { throw StoreRejection.notAdministrator.problem }
        return .administrator(name)
    }

    private func check(_ password: String, of user: String, _ pointer: String) throws(Problem) {
        guard let fault = PasswordRules.fault(of: password, user: user) else { return }
        throw Problem(.invalid, "The password \(fault).", faults: [.init(pointer: pointer, detail: fault)])
    }

    func entry(
        _ action: AuditEntry.AuditAction, of target: String, _ context: CallContext, _ detail: String = ""
    ) -> AuditEntry {
        let actor = context.principal?.username ?? AuditEntry.itself
        return AuditEntry(action, of: target, by: actor, detail: detail, from: context.origin, at: .now)
    }
}

extension User {
    /// The user without any secret.
    public var profile: UserProfile {
        UserProfile(
            id: id, user: name, permissions: permissions.sorted(), roles: roles.sorted(), locked: isLocked,
            failedAttempts: failedAttempts, created: created.timestamp, changed: changed.timestamp)
    }
}
