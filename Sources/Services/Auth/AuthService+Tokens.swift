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
        return try await grant(credentials.password ?? "", of: typed, context).grant
    }

    func refresh(_ request: RefreshRequest, _ context: CallContext) async throws -> TokenGrant {
        try await exchange(request.refreshToken, client: nil, scope: nil, context).grant
    }

    /// Tokens for a user's password.
    ///
    /// - Parameters:
    ///   - typed: the name as somebody has typed it.
    ///   - client: whom they are for, which alone may refresh them; `nil` for anybody.
    ///   - scope: what they are to permit; `nil` for all that the user may do.
    func grant(
        _ password: String, of typed: String, client: String? = nil, scope: Set<String>? = nil, _ context: CallContext
    ) async throws -> Issued {
        let name = UserRules.name(typed: typed)
        return try await guess(.create, of: name, context) {
            try await self.passwords.run { try await self.logIn(name, password, client, scope) }
        }
    }

    private nonisolated func logIn(
        _ name: String, _ password: String, _ client: String?, _ scope: Set<String>?
    ) async throws -> Issued {
        let (secret, isOutdated) = try await check(name, password)
        try await check(scope, of: name)
        let rehashed = isOutdated ? try await passwords.hash(password) : nil
        let grant = grant(to: name, secret.subject, client: client, scope: scope)
        let permissions = try await write { store throws(StoreError) in
            try await store.open(grant.refresh, passwordHash: secret.hash, rehashed: rehashed)
        }
        if let permissions { return try issue(grant, permissions) }
        // Another login may have hashed the password anew meanwhile.
        guard isOutdated else { throw Problem.wrongCredentials }
        return try await logIn(name, password, client, scope)
    }

    /// Tokens for a refresh token.
    ///
    /// - Parameters:
    ///   - client: who shows it, and has shown its secret; `nil` for anybody.
    ///   - scope: what the access token is to permit; `nil` for all that the session may.
    func exchange(
        _ text: String, client: String?, scope: Set<String>?, _ context: CallContext
    ) async throws -> Issued {
        let shown = OpaqueToken(text)
        let found = try await query { store throws(StoreError) in try await store.refreshToken(shown.hash) }
        // A client's session belongs to it alone.
        guard let found, case let old = found.token, old.client == nil || old.client == client else {
            throw wrongRefreshToken(context)
        }
        let place = Lockouts.LoginSource(old.user, from: context.origin)
        try limits.count(.refresh, of: place, isKnown: true)
        try await check(scope, of: old.user, within: old.scope)
        let grant = grant(to: old.user, found.subject, family: old.family, client: old.client, scope: old.scope)
        let sealed = shown.seal(grant.secret)
        let rotation = try await write { store throws(StoreError) in
            try await store.rotate(
                shown.hash, to: grant.refresh, sealed: sealed, retryable: rules.refreshRetry, from: context.origin)
        }
        switch rotation {
        case .rotated(let permissions):
            lockouts.recordKnown(place)
            return try issue(grant, permissions, narrowedTo: scope)
        case .repeated(let successor, let sealed, let permissions):
            guard let secret = shown.open(sealed) else { throw wrongRefreshToken(context) }
            return try issue(
                PendingGrant(successor, subject: found.subject, secret: secret, issuer), permissions, narrowedTo: scope)
        case .reused:
            context.logger.warning(
                "Refresh token reuse detected; session revoked", metadata: ["user": .string(old.user)])
            await publish()
            throw wrongRefreshToken(context)
        case .unknown, .expired, .ended: throw wrongRefreshToken(context)
        }
    }

    /// - Throws: ``Problem/Kind/invalidScope`` if an account may do less than a scope.
    nonisolated func check(
        _ scope: Set<String>?, of name: String, within limit: Set<String>? = nil
    ) async throws(Problem) {
        guard let scope else { return }
        let held = try await query { store throws(StoreError) in try await store.permissions(of: name) }
        let missing = scope.subtracting(limit.map(held.intersection) ?? held)
        guard missing.isEmpty else {
            throw Problem(.invalidScope, "Not held: \(missing.sorted().joined(separator: " ")).")
        }
    }

    /// A wrong refresh token counts at the address; a good one is no guess.
    private func wrongRefreshToken(_ context: CallContext) -> Problem {
        do throws(Problem) {
            try limits.count(.secret, from: context.origin)
            return .wrongRefreshToken
        } catch {
            return error
        }
    }

    func revoke(_ request: RevocationRequest, _ context: CallContext) async throws -> Empty {
        if let principal = try await principal(of: request.token) {
            let entry = AuditEntry(
                .tokenRevoked, of: principal.tokenID, by: principal.username, from: context.origin, at: .now)
            try await write { store throws(StoreError) in
                try await store.revoke(TokenReference(id: principal.tokenID, expires: principal.expires), entry)
            }
            await publish()
            return Empty()
        }
        let hash = OpaqueToken(request.token).hash
        let found = try await query { store throws(StoreError) in try await store.refreshToken(hash) }
        guard let user = found?.token.user else { return Empty() }
        let entry = AuditEntry(.sessionEnded, of: user, by: user, from: context.origin, at: .now)
        _ = try await write { store throws(StoreError) in try await store.endSession(hash, entry) }
        await publish()
        return Empty()
    }

    func introspect(_ request: IntrospectionRequest, _ context: CallContext) async throws -> Introspection {
        var answer = Introspection(active: true)
        (answer.iss, answer.aud) = (issuer.issuer, issuer.audience)
        if let principal = try await principal(of: request.token) {
            let isRevoked = try await query { store throws(StoreError) in try await store.isRevoked(principal.tokenID) }
            guard !isRevoked else { return .inactive }
            answer.tokenType = "Bearer"
            (answer.sub, answer.username, answer.jti) = (principal.subject, principal.username, principal.tokenID)
            answer.scope = principal.permissions.sorted().joined(separator: " ")
            answer.exp = Int(principal.expires.timeIntervalSince1970)
            return answer
        }
        let hash = OpaqueToken(request.token).hash
        let found = try await query { store throws(StoreError) in try await store.refreshToken(hash) }
        guard let found, !found.isUsed, !found.isEnded, found.token.expires > .now else { return .inactive }
        answer.tokenType = "refresh_token"
        (answer.sub, answer.username) = (found.subject, found.token.user)
        answer.exp = Int(found.token.expires.timeIntervalSince1970)
        return answer
    }

    /// Whose access token it is; `nil` for whatever is none, or ended.
    ///
    /// - Throws: a ``Problem`` if that cannot be found out now.
    func principal(of token: String) async throws(Problem) -> Principal? {
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
    /// - Throws: ``Problem/Kind/credentialsWrong``; ``Problem/Kind/tooManyRequests`` if too many are being compared.
    nonisolated func check(_ name: String, _ password: String) async throws -> (StoredSecret, isOutdated: Bool) {
        // A name that no user can have belongs to none, such as that of a client's account.
        let isPossible = UserRules.fault(ofName: name) == nil
        let secret = try await query { store throws(StoreError) in
            isPossible ? try await store.secret(of: name) : nil
        }
        let verdict = try await passwords.verify(password, against: secret?.hash)
        guard let secret, verdict != .wrong else { throw Problem.wrongCredentials }
        return (secret, verdict == .validNeedsRehash)
    }

    nonisolated func grant(
        to user: String, _ subject: String, family: String? = nil, client: String? = nil, scope: Set<String>? = nil,
        lifetime: Duration? = nil
    ) -> PendingGrant {
        let secret = OpaqueToken()
        let access = issuer.stamp()
        let now = Date.now
        let refresh = RefreshToken(
            hash: secret.hash, family: family ?? secret.hash, user: user, issued: now,
            expires: now.addingTimeInterval((lifetime ?? rules.refreshLifetime) / .seconds(1)),
            access: TokenReference(id: access.id, expires: access.expires), client: client, scope: scope)
        return PendingGrant(subject: subject, access: access, secret: secret, refresh: refresh)
    }

    /// - Parameters:
    ///   - permissions: what the store said as it took the grant down.
    ///   - scope: what is permitted of that; `nil` for all that the session may.
    nonisolated func issue(
        _ grant: PendingGrant, _ permissions: Set<String>, narrowedTo scope: Set<String>? = nil
    ) throws(Problem) -> Issued {
        let limits = [grant.refresh.scope, scope].compactMap(\.self)
        let permissions = limits.reduce(permissions) { $0.intersection($1) }
        let access = try issuer.issue(
            subject: grant.subject, username: grant.refresh.user, permissions: permissions,
            client: grant.refresh.client, stamp: grant.access)
        return Issued(access: access, permissions: permissions, secret: grant.secret, refresh: grant.refresh)
    }
}

extension Date {
    /// Whole seconds from now, at least one.
    var secondsLeft: Int { max(1, Int(timeIntervalSinceNow.rounded(.up))) }
}

extension Problem {
    fileprivate static let wrongCredentials = Problem(
        .credentialsWrong, "There is no such user with such a password, or it is locked.")
    /// One text for whatever is wrong with it.
    fileprivate static let wrongRefreshToken = Problem(
        .credentialsWrong, "The refresh token is not one that is good here; log in again.")
}
