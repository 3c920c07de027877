import Contracts
import Endpoints
import Foundation
import Logging
import Passwords
import RPC
import Tokens

// Tokens: made for a password, for a refresh token or for a guest; ended; judged.
extension AuthService {
    func create(_ credentials: Credentials, _ context: CallContext) async throws -> TokenGrant {
        guard let typed = credentials.user else {
            try limits.count(.guest, from: context.origin)
            return try guest(credentials)
        }
        let name = UserRules.name(typed: typed)
        return try await guess(.create, of: name, context) {
            try await self.passwords.run { try await self.logIn(name, credentials.password ?? "") }
        }
    }

    /// Counts a comparison of a user's password, at the user's share and at the address. What turns out to be no guess is not
    /// counted at the address: the password was right, or could not be compared.
    func guess<Value: Sendable>(
        _ kind: GrantLimits.Kind, of name: String, _ context: CallContext, _ work: () async throws -> Value
    ) async throws -> Value {
        try limits.count(.password, from: context.origin)
        do {
            try limits.count(kind, of: name, from: context.origin)
            let value = try await work()
            limits.forgive(.password, from: context.origin)
            return value
        } catch {
            if (error as? Problem)?.kind != .credentialsWrong { limits.forgive(.password, from: context.origin) }
            throw error
        }
    }

    private nonisolated func logIn(_ name: String, _ password: String) async throws -> TokenGrant {
        let (hash, isOutdated) = try await check(name, password)
        let rehashed = isOutdated ? try await passwords.hash(password) : nil
        let grant = grant(to: name)
        let permissions = try await ask { store throws(StoreError) in
            try await store.open(grant.refresh, passwordHash: hash, rehashed: rehashed)
        }
        if let permissions { return try answer(grant, permissions) }
        // Another login may have hashed the password anew meanwhile.
        guard isOutdated else { throw Problem.wrongCredentials }
        return try await logIn(name, password)
    }

    func refresh(_ request: RefreshRequest, _ context: CallContext) async throws -> TokenGrant {
        let hash = OpaqueToken(request.refreshToken).hash
        let found = try await ask { store throws(StoreError) in try await store.refreshToken(hash) }
        guard let found else {
            try limits.count(.refreshToken, from: context.origin)
            throw Problem.wrongRefreshToken
        }
        try limits.count(.refresh, of: found.token.user, from: context.origin)
        let grant = grant(to: found.token.user, family: found.token.family)
        let rotation = try await ask { store throws(StoreError) in
            try await store.rotate(hash, to: grant.refresh, from: context.origin)
        }
        if rotation == .reused {
            context.logger.warning("A refresh token of \(found.token.user) was used twice; its family has ended")
            await tell()
        }
        guard case .rotated(let permissions) = rotation else {
            try limits.count(.refreshToken, from: context.origin)
            throw Problem.wrongRefreshToken
        }
        return try answer(grant, permissions)
    }

    func revoke(_ request: RevocationRequest, _ context: CallContext) async throws -> Empty {
        if let principal = try await principal(of: request.token) {
            let entry = AuditEntry(
                .tokenRevoked, of: principal.tokenID, by: principal.subject, from: context.origin, at: .now)
            try await ask { store throws(StoreError) in
                try await store.revoke(TokenReference(id: principal.tokenID, expires: principal.expires), entry)
            }
            await tell()
            return Empty()
        }
        let hash = OpaqueToken(request.token).hash
        let found = try await ask { store throws(StoreError) in try await store.refreshToken(hash) }
        guard let user = found?.token.user else { return Empty() }
        let entry = AuditEntry(.sessionEnded, of: user, by: user, from: context.origin, at: .now)
        _ = try await ask { store throws(StoreError) in try await store.endSession(hash, entry) }
        await tell()
        return Empty()
    }

    func introspect(_ request: IntrospectionRequest, _ context: CallContext) async throws -> Introspection {
        var answer = Introspection(active: true)
        (answer.iss, answer.aud) = (issuer.issuer, issuer.audience)
        if let principal = try await principal(of: request.token) {
            let isRevoked = try await ask { store throws(StoreError) in try await store.isRevoked(principal.tokenID) }
            guard !isRevoked else { return .inactive }
            answer.tokenType = "Bearer"
            (answer.sub, answer.jti) = (principal.subject, principal.tokenID)
            answer.scope = principal.permissions.sorted().joined(separator: " ")
            answer.exp = Int(principal.expires.timeIntervalSince1970)
            return answer
        }
        let hash = OpaqueToken(request.token).hash
        let found = try await ask { store throws(StoreError) in try await store.refreshToken(hash) }
        guard let found, !found.isUsed, !found.isEnded, found.token.expires > .now else { return .inactive }
        answer.tokenType = "refresh_token"
        answer.sub = found.token.user
        answer.exp = Int(found.token.expires.timeIntervalSince1970)
        return answer
    }

    /// Whose access token it is; `nil` for whatever is none, or ended.
    ///
    /// - Throws: a ``Problem`` where that cannot be told now.
    private func principal(of token: String) async throws(Problem) -> Principal? {
        do throws(Problem) {
            return try await verifier.verify(token)
        } catch {
            guard error.status == 401 else { throw error }
            return nil
        }
    }

    private func guest(_ credentials: Credentials) throws -> TokenGrant {
        guard credentials.password == nil else { throw Problem(.credentialsWrong, "A password needs a user.") }
        guard !rules.guestPermissions.isEmpty else {
            throw Problem(.permissionDenied, "There are no guests here: name a user and a password.")
        }
        let token = try issuer.issue(subject: UserRules.guest, permissions: rules.guestPermissions)
        return TokenGrant(token: token.token, expiresIn: Int(issuer.lifetime.components.seconds))
    }
}

extension AuthService {
    /// Compares a password with a user's. Whatever is wrong, the answer and its time are the same.
    ///
    /// - Returns: what it was compared with, and whether that is weaker than today's hashes.
    /// - Throws: ``Problem/Kind/credentialsWrong``; ``Problem/Kind/tooManyRequests`` where too many are being compared.
    nonisolated func check(_ name: String, _ password: String) async throws -> (hash: String, isOutdated: Bool) {
        let hash = try await ask { store throws(StoreError) in try await store.passwordHash(of: name) }
        let verdict = try await passwords.verify(password, against: hash)
        guard let hash, verdict != .wrong else {
            await noteFailure(of: name)
            throw Problem.wrongCredentials
        }
        return (hash, verdict == .rightButOutdated)
    }

    private func noteFailure(of name: String) {
        let last = failures
        failures = Task { [limit = rules.lockAfter] in
            await last?.value
            _ = try? await ask { store throws(StoreError) in
                try await store.noteFailure(of: name, limit: limit, at: .now)
            }
        }
    }

    private nonisolated func grant(to user: String, family: String? = nil) -> Grant {
        let secret = OpaqueToken()
        let access = issuer.stamp()
        let now = Date.now
        let refresh = RefreshToken(
            hash: secret.hash, family: family ?? secret.hash, user: user, issued: now,
            expires: now.addingTimeInterval(TimeInterval(rules.refreshLifetime.components.seconds)),
            access: TokenReference(id: access.id, expires: access.expires))
        return Grant(access: access, secret: secret, refresh: refresh)
    }

    /// - Parameter permissions: what the store said as it took the grant down.
    private nonisolated func answer(_ grant: Grant, _ permissions: Set<String>) throws(Problem) -> TokenGrant {
        let access = try issuer.issue(subject: grant.refresh.user, permissions: permissions, stamp: grant.access)
        return TokenGrant(
            token: access.token, expiresIn: Int(issuer.lifetime.components.seconds), refreshToken: grant.secret.text,
            refreshExpiresIn: Int(rules.refreshLifetime.components.seconds))
    }
}

/// Tokens to be handed out once the store knows of them.
private struct Grant {
    let access: TokenStamp
    let secret: OpaqueToken
    let refresh: RefreshToken
}

extension Problem {
    fileprivate static let wrongCredentials = Problem(
        .credentialsWrong, "There is no such user with such a password, or it is locked.")
    /// One text for whatever is wrong with it.
    fileprivate static let wrongRefreshToken = Problem(
        .credentialsWrong, "The refresh token is not one that is good here; log in again.")
}
