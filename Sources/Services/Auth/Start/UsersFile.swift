public import Foundation

/// The JSON file in which earlier versions kept users: it is read once, and set aside.
public enum UsersFile {
    private struct Entry: Decodable {
        let name: String
        let passwordHash: String
        let permissions: Set<String>
    }

    /// Brings the file's users into a store. Whoever is in the store already stays as it is; whoever has a name that nobody may
    /// have does not come.
    ///
    /// - Returns: how many came; `nil` where there is no such file.
    /// - Throws: ``StoreError``; what the system says where the file cannot be read or set aside.
    public static func move(_ file: URL, into store: any AuthStore) async throws -> Int? {
        guard FileManager.default.fileExists(atPath: file.path) else { return nil }
        var count = 0
        let entries = try JSONDecoder().decode([Entry].self, from: Data(contentsOf: file))
        for entry in entries where UserRules.fault(ofName: entry.name) == nil {
            let user = User(
                name: entry.name, passwordHash: entry.passwordHash, permissions: entry.permissions, created: .now)
            let line = AuditEntry(
                .userAdded, of: user.name, by: AuditEntry.itself, detail: "from \(file.lastPathComponent)", at: .now)
            if case .success = try await store.add(user, by: .owner, line) { count += 1 }
        }
        try FileManager.default.moveItem(at: file, to: file.appendingPathExtension("moved"))
        return count
    }
}
