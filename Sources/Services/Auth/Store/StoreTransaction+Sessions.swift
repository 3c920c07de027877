// What `SessionStore` says its methods do.
extension StoreTransaction {
    package func open(_ token: RefreshToken, passwordHash: String, rehashed: String?) throws -> Set<String>? {
        guard try forgetFailures(of: token.user, passwordHash: passwordHash, rehashed: rehashed) else { return nil }
        try insert(family: token.family, of: token.user)
        try insert(token)
        return try permissions(of: token.user)
    }

    package func rotate(_ hash: String, to next: RefreshToken, from origin: String?) throws -> Rotation {
        guard let found = try refreshToken(hash) else { return .unknown }
        guard !found.isEnded else { return .ended }
        guard !found.isUsed else {
            try end(family: found.token.family, at: next.issued)
            try note(.reuse(of: found.token, from: origin, at: next.issued))
            return .reused
        }
        guard found.token.expires > next.issued else { return .expired }
        try markUsed(hash)
        try insert(next)
        return .rotated(permissions: try permissions(of: found.token.user))
    }

    package func endSession(_ hash: String, _ entry: AuditEntry) throws -> Bool {
        guard let found = try refreshToken(hash), !found.isEnded else { return false }
        try end(family: found.token.family, at: entry.at)
        try note(entry)
        return true
    }
}
