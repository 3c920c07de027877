import Auth
import Foundation

/// All that a store in memory holds.
struct MemoryState: Equatable {
    struct Session: Equatable {
        var token: RefreshToken
        var use: StoredRefreshToken.Use?
    }

    var users: [String: User] = [:]
    var roles: [String: Role] = [:]
    var sessions: [String: Session] = [:]
    /// Families that have ended.
    var ended: Set<String> = []
    var keys: [StoredKey] = []
    var version = 0
    var keysVersion = 0
    var revocations: [Changes.Revocation] = []
    var trail: [AuditRecord] = []

    var allRoles: [Role] { roles.values.sorted { ByteOrder($0.name) < ByteOrder($1.name) } }
    var hasAdministrator: Bool { users.values.contains { $0.isAdministrator(allRoles) } }

    /// The permissions that may be granted; `nil` for any.
    func held(by authority: Authority) -> Result<Set<String>?, StoreRejection> {
        guard case .administrator(let name) = authority else { return .success(nil) }
        guard let user = users[name], user.isAdministrator(allRoles) else { return .failure(.notAdministrator) }
        return .success(user.effectivePermissions(allRoles))
    }

    mutating func record(_ entry: AuditEntry) {
        trail.append(AuditRecord(number: (trail.last?.number ?? 0) + 1, entry: entry))
    }

    mutating func revoke(_ token: TokenReference) {
        guard !revocations.contains(where: { $0.token.id == token.id }) else { return }
        version += 1
        revocations.append(Changes.Revocation(version: version, token: token))
    }

    mutating func end(_ ending: SessionInvalidation, of user: String, at moment: Date) {
        let own = sessions.values.map(\.token).filter { $0.user == user }
        if ending == .sessions { ended.formUnion(own.map(\.family)) }
        if ending != .nothing { revokeAccess(of: own, at: moment) }
    }

    mutating func end(family: String, at moment: Date) {
        ended.insert(family)
        revokeAccess(of: sessions.values.map(\.token).filter { $0.family == family }, at: moment)
    }

    /// Revokes the access tokens that are still accepted somewhere.
    private mutating func revokeAccess(of tokens: [RefreshToken], at moment: Date) {
        for token in tokens where token.access.isAccepted(at: moment) { revoke(token.access) }
    }
}

/// Texts in the order of their UTF-8 bytes.
struct ByteOrder: Comparable {
    private let bytes: [UInt8]

    init(_ text: String) {
        bytes = Array(text.utf8)
    }

    static func < (one: Self, other: Self) -> Bool { one.bytes.lexicographicallyPrecedes(other.bytes) }
}
