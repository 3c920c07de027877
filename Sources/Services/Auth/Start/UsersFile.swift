public import Foundation

/// The JSON file in which earlier versions kept users: it is read once, and set aside.
public enum UsersFile {
    private struct Entry: Decodable {
        let name: String
        let passwordHash: String
        let permissions: Set<String>
    }

    /// Brings the file's users into a store. Whoever is in the store already stays as it is.
    ///
    /// - Returns: how many came; `nil` where there is no such file.
    /// - Throws: ``StoreError``; what the system says where the file cannot be read or set aside.
    public static func move(_ file: URL, into store: any AuthStore) async throws -> Int? {
        guard FileManager.default.fileExists(atPath: file.path) else { return nil }
        var count = 0
        for entry in try JSONDecoder().decode([Entry].self, from: Data(contentsOf: file)) {
            let user = User(
                name: entry.name, passwordHash: entry.passwordHash, permissions: entry.permissions, created: .now)
            let line = AuditEntry(
                .userAdded, of: user.name, by: "auth", detail: "from \(file.lastPathComponent)", at: .now)
            if case .success = try await store.add(user, held: nil, line) { count += 1 }
        }
        try FileManager.default.moveItem(at: file, to: file.appendingPathExtension("moved"))
        return count
    }
}
