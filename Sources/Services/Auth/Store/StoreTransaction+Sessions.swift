import Foundation

// What `SessionStore` says its methods do.
extension StoreTransaction {
    package func open(_ token: RefreshToken, passwordHash: String, rehashed: String?) throws -> Set<String>? {
        guard try forgetFailures(of: token.user, passwordHash: passwordHash, rehashed: rehashed) else { return nil }
        try insert(familyOf: token)
        try insert(token)
        return try permissions(of: token.user)
    }

    package func rotate(
        _ hash: String, to next: RefreshToken, sealed: String, retryable time: Duration, from origin: String?
    ) throws -> Rotation {
        guard let found = try refreshToken(hash) else { return .unknown }
        guard !found.isEnded else { return .ended }
        if let use = found.use {
            if let successor = try successor(use, retryable: time, at: next.issued) {
                let permissions = try permissions(of: successor.user)
                return .repeated(successor, sealed: use.sealed, permissions: permissions)
            }
            try end(family: found.token.family, at: next.issued)
            try note(.reuse(of: found.token, from: origin, at: next.issued))
            return .reused
        }
        guard found.token.expires > next.issued else { return .expired }
        try note(StoredRefreshToken.Use(at: next.issued, successor: next.hash, sealed: sealed), of: hash)
        try insert(next)
        return .rotated(permissions: try permissions(of: found.token.user))
    }

    /// The token that one was used for, if it may be handed out once more.
    private func successor(
        _ use: StoredRefreshToken.Use, retryable time: Duration, at moment: Date
    ) throws -> RefreshToken? {
        guard use.moment.addingTimeInterval(time / .seconds(1)) > moment,
            let successor = try refreshToken(use.successor), !successor.isUsed
        else { return nil }
        return successor.token
    }

    package func endSession(_ hash: String, _ entry: AuditEntry) throws -> Bool {
        guard let found = try refreshToken(hash), !found.isEnded else { return false }
        try end(family: found.token.family, at: entry.at)
        try note(entry)
        return true
    }
}
