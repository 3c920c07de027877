import Files
public import Foundation
public import Passwords
import Tokens

/// The changes that a start of auth makes in its store before it accepts calls.
public struct Bootstrap: Sendable {
    /// The name of the administrator who is made.
    public static let administrator = "admin"

    private let store: any AuthStore
    private let passwords: PasswordHasher
    /// Holds the password of the first administrator, for its owner only.
    private let file: URL
    private let isAllowed: Bool

    /// - Parameters:
    ///   - passwordFile: for the password of the first administrator.
    ///   - isAllowed: whether one may be made.
    public init(store: any AuthStore, passwords: PasswordHasher, passwordFile: URL, isAllowed: Bool = true) {
        self.store = store
        self.passwords = passwords
        file = passwordFile
        self.isAllowed = isAllowed
    }

    /// Gives the role of administrators every permission that there is, and makes the first administrator if there
    /// never was one. Its password goes into a file, so that no log holds it; a start after it was changed removes the
    /// file.
    ///
    /// - Parameter permissions: those that the contracts of the family name.
    /// - Returns: true if an administrator was made.
    /// - Throws: ``StoreError``, which is `unusable` if the store is new and no administrator may be made; the system's reason
    ///   if the file cannot be written.
    public func run(permissions: Set<String>) async throws -> Bool {
        try OwnFiles.restrictToOwner([file.path])
        let isFirst = try await !hasAdministrator()
        guard isAllowed || !isFirst else {
            throw StoreError.unusable(
                """
                the store has no administrator, so it is a new one, or not the one that is meant; a start with \
                AUTH_CREATE_STORE=true makes the first administrator
                """)
        }
        let role = try await role(permissions)
        if !isFirst {
            try await settlePassword()
            return false
        }
        let password = Self.password()
        // The file comes first: an administrator whose password is lost would be worse than a file without one. It has a
        // name of its own until it counts, because another auth may start beside this one.
        let draft = file.appendingPathExtension(UUID().uuidString)
        try PrivateFile.write(password + "\n", to: draft)
        let user = User(
            name: Self.administrator, passwordHash: try await passwords.hash(password), roles: [role.name],
            created: .now)
        let entry = AuditEntry(.userAdded, of: user.name, by: AuditEntry.itself, detail: "the first start", at: .now)
        let isMade = try await store.addFirstAdministrator(user, role, entry)
        guard isMade else {
            try? FileManager.default.removeItem(at: draft)
            return false
        }
        guard rename(draft.path, file.path) == 0 else { throw CocoaError(.fileWriteUnknown) }
        return true
    }

    private func role(_ permissions: Set<String>) async throws -> Role {
        let name = Role.administrator
        let old = try await store.roles().first { $0.name == name }
        let role = Role(name: name, permissions: permissions.union(old?.permissions ?? []))
        if role != old {
            let detail = role.permissions.sorted().joined(separator: " ")
            _ = try await store.set(
                role, AuditEntry(.roleSet, of: name, by: AuditEntry.itself, detail: detail, at: .now))
        }
        return role
    }

    private func hasAdministrator() async throws -> Bool {
        guard try await store.user(named: Self.administrator) == nil else { return true }
        return try await store.hasAdministrator()
    }

    /// Removes a file whose password is the administrator's no more. A start that was killed after it had made the
    /// administrator has left the password in a draft, which becomes the file.
    private func settlePassword() async throws {
        let hash = try await store.user(named: Self.administrator)?.passwordHash
        for candidate in [file] + drafts {
            guard let text = try? String(contentsOf: candidate, encoding: .utf8) else { continue }
            let password = text.trimmingCharacters(in: .whitespacesAndNewlines)
            if try await passwords.verify(password, against: hash) == .wrong {
                try? FileManager.default.removeItem(at: candidate)
            } else if candidate != file {
                rename(candidate.path, file.path)
            }
        }
    }

    private var drafts: [URL] {
        let folder = file.deletingLastPathComponent()
        let all = (try? FileManager.default.contentsOfDirectory(at: folder, includingPropertiesForKeys: nil)) ?? []
        return all.filter { $0.deletingPathExtension().lastPathComponent == file.lastPathComponent }
            .filter { UUID(uuidString: $0.pathExtension) != nil }
    }

    /// More than 100 random bits, in groups that can be typed.
    private static func password() -> String {
        let letters = OpaqueToken().text.lowercased().filter { $0.isLetter || $0.isNumber }
        return stride(from: 0, to: 24, by: 6).map { start in
            String(letters.dropFirst(start).prefix(6))
        }.joined(separator: "-")
    }
}

extension KeyStore {
    /// Makes the first signing key, unless there is a key. It belongs to a start: a store that has lost its keys later is
    /// not a new one.
    ///
    /// - Throws: ``StoreError``.
    public func makeFirstKey(at moment: Date) async throws(StoreError) {
        guard try await keys().isEmpty else { return }
        let key = StoredKey(SigningKey(), announced: moment)
        _ = try await begin(
            with: key, AuditEntry(.keyPromoted, of: key.kid, by: AuditEntry.itself, detail: "the first key", at: moment)
        )
    }
}
