import Contracts
import Endpoints
import Foundation
public import Passwords
public import RPC
public import Tokens

/// Issues tokens to users and guests, and publishes the keys that verify them.
public actor AuthService: Service {
    private nonisolated let executor: ServiceExecutor
    public nonisolated var unownedExecutor: UnownedSerialExecutor { executor.asUnownedSerialExecutor() }

    private let issuer: TokenIssuer
    private let publicKeys: KeySet
    private let users: any FileUsers
    private let passwords: PasswordHasher
    private let guestPermissions: Set<String>

    /// - Parameters:
    ///   - publicKeys: what verifies the issuer's tokens.
    ///   - guestPermissions: what a guest may do; where it is empty, there are no guests.
    public init(
        executor: ServiceExecutor, issuer: TokenIssuer, publicKeys: KeySet, users: any FileUsers,
        passwords: PasswordHasher,
        guestPermissions: Set<String>
    ) {
        self.executor = executor
        self.issuer = issuer
        self.publicKeys = publicKeys
        self.users = users
        self.passwords = passwords
        self.guestPermissions = guestPermissions
    }

    func create(_ credentials: Credentials, _ context: CallContext) async throws -> TokenGrant {
        guard let name = credentials.user else { return try guest(credentials) }
        let user = try await users.user(named: name)
        let verdict = try await passwords.verify(credentials.password ?? "", against: user?.passwordHash)
        guard var user, verdict != .wrong else {
            throw Problem(.credentialsWrong, "There is no such user with such a password.")
        }
        if verdict == .rightButOutdated {
            user.passwordHash = try await passwords.hash(credentials.password ?? "")
            try await users.save(user)
        }
        return try issue(user.name, user.permissions)
    }

    func valid(_ question: PermissionQuestion, _ context: CallContext) async throws -> Empty {
        guard context.principal?.permissions.contains(question.resource) == true else {
            throw Problem(.permissionDenied, "The token does not hold the permission “\(question.resource)”.")
        }
        return Empty()
    }

    func keys(_: Empty, _ context: CallContext) async -> KeySet { publicKeys }

    func smoke(_: Empty, _ context: CallContext) async throws -> Smoke {
        _ = try await users.all()
        return .ok
    }

    private func guest(_ credentials: Credentials) throws -> TokenGrant {
        guard credentials.password == nil else { throw Problem(.credentialsWrong, "A password needs a user.") }
        guard !guestPermissions.isEmpty else {
            throw Problem(.permissionDenied, "There are no guests here: name a user and a password.")
        }
        return try issue("guest", guestPermissions)
    }

    private func issue(_ subject: String, _ permissions: Set<String>) throws -> TokenGrant {
        TokenGrant(
            token: try issuer.issue(subject: subject, permissions: permissions).token,
            expiresIn: Int(issuer.lifetime.components.seconds))
    }
}
