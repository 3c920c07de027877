import Contracts
import Endpoints
public import Foundation
public import Tokens

/// The account of an OAuth client: a program that is known by an id and a secret, and acts for itself.
///
/// It is kept like a user's, whose name no user can have, so that permissions, roles, locks, revocations and the audit
/// trail are the same for both. In place of a password's hash it has that of the secret, which is random: SHA-256 is enough.
public enum ClientAccount {
    private static let prefix = "client:"

    /// The name of a client's account.
    public static func name(of client: String) -> String { prefix + client }

    /// The client whose account it is; `nil` for a user's.
    public static func client(of name: String) -> String? {
        name.hasPrefix(prefix) ? String(name.dropFirst(prefix.count)) : nil
    }

    /// The fault of a client's id: the end of a sentence that begins with “The id”; `nil` if it has none.
    public static func fault(ofID id: String) -> String? {
        Schema.clientID.faults(of: .string(id)).isEmpty
            ? nil : "must begin with a-z or 0-9, go on with a-z, 0-9 and . _ -, and have at most 64 characters"
    }

    /// A new account.
    public static func make(
        _ client: String, secret: OpaqueToken, permissions: Set<String>, roles: Set<String>, at moment: Date
    ) -> User {
        User(
            name: name(of: client), passwordHash: secret.hash, permissions: permissions, roles: roles, created: moment)
    }

    /// Brings a client into the store whose secret is known beforehand, or gives it that secret. What one that is there may do
    /// stays as it is.
    ///
    /// - Throws: ``StoreError``.
    public static func provide(
        _ client: String, secret: OpaqueToken, permissions: Set<String>, _ store: any AuthStore
    ) async throws(StoreError) {
        let name = name(of: client)
        guard let old = try await store.user(named: name) else {
            let new = make(client, secret: secret, permissions: permissions, roles: [], at: .now)
            let entry = AuditEntry(
                .clientAdded, of: name, by: AuditEntry.itself, detail: UserRules.words(permissions, []), at: .now)
            // Another auth may have been faster.
            _ = try await store.add(new, by: .system, entry)
            return
        }
        guard old.passwordHash != secret.hash else { return }
        let entry = AuditEntry(.clientSecretChanged, of: name, by: AuditEntry.itself, at: .now)
        _ = try await store.change(name, .password(hash: secret.hash, replacing: nil), by: .system, entry)
    }
}
