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
        try limits.count(from: context.origin)
        guard let name = credentials.user else { return try guest(credentials) }
        try limits.count(.create, of: name)
        let (user, verdict) = try await check(name, credentials.password ?? "")
        let outdated = verdict == .rightButOutdated
        let rehashed = outdated ? try await passwords.hash(credentials.password ?? "") : nil
        let grant = try await grant(to: user)
        let isOpen = try await ask { store throws(StoreError) in
            try await store.open(grant.refresh, passwordHash: user.passwordHash, rehashed: rehashed)
        }
        guard isOpen else { throw Problem.wrongCredentials }
        return grant.answer
    }

    func refresh(_ request: RefreshRequest, _ context: CallContext) async throws -> TokenGrant {
        try limits.count(from: context.origin)
        let hash = OpaqueToken(request.refreshToken).hash
        let found = try await ask { store throws(StoreError) in try await store.refreshToken(hash) }
        guard let found else { throw Problem.wrongRefreshToken }
        try limits.count(.refresh, of: found.token.user)
        let user = try await ask { store throws(StoreError) in try await store.user(named: found.token.user) }
        guard let user, !user.isLocked else { throw Problem.wrongRefreshToken }
        let grant = try await grant(to: user, family: found.token.family)
        let rotation = try await ask { store throws(StoreError) in
            try await store.rotate(hash, to: grant.refresh, from: context.origin)
        }
        if rotation == .reused {
            context.logger.warning("A refresh token of \(user.name) was used twice; its family has ended")
        }
        guard rotation == .rotated else { throw Problem.wrongRefreshToken }
        return grant.answer
    }

    func revoke(_ request: RevocationRequest, _ context: CallContext) async throws -> Empty {
        if let principal = await principal(of: request.token) {
            let entry = AuditEntry(
                .tokenRevoked, of: principal.tokenID, by: principal.subject, from: context.origin, at: .now)
            try await ask { store throws(StoreError) in
                try await store.revoke(TokenReference(id: principal.tokenID, expires: principal.expires), entry)
            }
            return Empty()
        }
        let hash = OpaqueToken(request.token).hash
        let found = try await ask { store throws(StoreError) in try await store.refreshToken(hash) }
        guard let user = found?.token.user else { return Empty() }
        let entry = AuditEntry(.sessionEnded, of: user, by: user, from: context.origin, at: .now)
        _ = try await ask { store throws(StoreError) in try await store.endSession(hash, entry) }
        return Empty()
    }

    func introspect(_ request: IntrospectionRequest, _ context: CallContext) async throws -> Introspection {
        var answer = Introspection(active: true)
        (answer.iss, answer.aud) = (issuer.issuer, issuer.audience)
        if let principal = await principal(of: request.token) {
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
    private func principal(of token: String) async -> Principal? {
        do throws(Problem) {
            return try await verifier.verify(token)
        } catch {
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
    /// - Throws: ``Problem/Kind/credentialsWrong``; ``Problem/Kind/tooManyRequests`` where too many are being compared.
    func check(_ name: String, _ password: String) async throws -> (User, PasswordHasher.Verdict) {
        try passwords.checkRoom()
        let user = try await ask { store throws(StoreError) in try await store.user(named: name) }
        let verdict = try await passwords.verify(password, against: user?.passwordHash)
        guard let user, !user.isLocked, verdict != .wrong else {
            noteFailure(of: name)
            throw Problem.wrongCredentials
        }
        return (user, verdict)
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

    private func grant(to user: User, family: String? = nil) async throws -> Grant {
        let roles = try await ask { store throws(StoreError) in try await store.roles() }
        let access = try issuer.issue(subject: user.name, permissions: user.effectivePermissions(roles))
        let secret = OpaqueToken()
        let now = Date.now
        let lifetime = rules.refreshLifetime.components.seconds
        let token = RefreshToken(
            hash: secret.hash, family: family ?? secret.hash, user: user.name, issued: now,
            expires: now.addingTimeInterval(TimeInterval(lifetime)),
            access: TokenReference(id: access.id, expires: access.expires))
        let answer = TokenGrant(
            token: access.token, expiresIn: Int(issuer.lifetime.components.seconds), refreshToken: secret.text,
            refreshExpiresIn: Int(lifetime))
        return Grant(answer: answer, refresh: token)
    }
}

/// Tokens that are good once the store knows of them.
private struct Grant {
    let answer: TokenGrant
    let refresh: RefreshToken
}

extension Problem {
    fileprivate static let wrongCredentials = Problem(
        .credentialsWrong, "There is no such user with such a password, or it is locked.")
    /// One text for whatever is wrong with it.
    fileprivate static let wrongRefreshToken = Problem(
        .credentialsWrong, "The refresh token is not one that is good here; log in again.")
}
