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
        let shown = OpaqueToken(request.refreshToken)
        let found = try await ask { store throws(StoreError) in try await store.refreshToken(shown.hash) }
        guard let user = found?.token.user, let family = found?.token.family else { throw wrongRefreshToken(context) }
        let place = Lockouts.Place(user, from: context.origin)
        try limits.count(.refresh, of: place, isKnown: true)
        let grant = grant(to: user, family: family)
        let sealed = try shown.seal(grant.secret)
        let rotation = try await ask { store throws(StoreError) in
            try await store.rotate(
                shown.hash, to: grant.refresh, sealed: sealed, retryable: rules.refreshRetry, from: context.origin)
        }
        switch rotation {
        case .rotated(let permissions):
            lockouts.know(place)
            return try answer(grant, permissions)
        case .repeated(let successor, let sealed, let permissions):
            return try answer(Grant(successor, secret: shown.open(sealed), issuer), permissions)
        case .reused:
            context.logger.warning("A refresh token of \(user) was used twice; its family has ended")
            await tell()
            throw wrongRefreshToken(context)
        case .unknown, .expired, .ended: throw wrongRefreshToken(context)
        }
    }

    /// A wrong refresh token counts at the address; a good one is no guess.
    private func wrongRefreshToken(_ context: CallContext) -> Problem {
        do throws(Problem) {
            try limits.count(.refreshToken, from: context.origin)
            return .wrongRefreshToken
        } catch {
            return error
        }
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
        guard let hash, verdict != .wrong else { throw Problem.wrongCredentials }
        return (hash, verdict == .rightButOutdated)
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
            token: access.token, expiresIn: access.expires.secondsLeft, refreshToken: grant.secret.text,
            refreshExpiresIn: grant.refresh.expires.secondsLeft)
    }
}

/// Tokens to be handed out once the store knows of them.
private struct Grant {
    let access: TokenStamp
    let secret: OpaqueToken
    let refresh: RefreshToken

    init(access: TokenStamp, secret: OpaqueToken, refresh: RefreshToken) {
        (self.access, self.secret, self.refresh) = (access, secret, refresh)
    }

    /// Tokens that were handed out before, to be handed out once more.
    init(_ refresh: RefreshToken, secret: OpaqueToken, _ issuer: TokenIssuer) {
        let access = issuer.stamp(id: refresh.access.id, expires: refresh.access.expires)
        self.init(access: access, secret: secret, refresh: refresh)
    }
}

extension Date {
    /// Whole seconds from now, at least one.
    fileprivate var secondsLeft: Int { max(1, Int(timeIntervalSinceNow.rounded(.up))) }
}

extension Problem {
    fileprivate static let wrongCredentials = Problem(
        .credentialsWrong, "There is no such user with such a password, or it is locked.")
    /// One text for whatever is wrong with it.
    fileprivate static let wrongRefreshToken = Problem(
        .credentialsWrong, "The refresh token is not one that is good here; log in again.")
}
