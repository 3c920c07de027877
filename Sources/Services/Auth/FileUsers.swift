/// Somebody who may ask for tokens with a password.
public struct FileUser: Codable, Sendable, Equatable {
    public let name: String
    /// A PHC string.
    public var passwordHash: String
    public var permissions: Set<String>

    public init(name: String, passwordHash: String, permissions: Set<String>) {
        self.name = name
        self.passwordHash = passwordHash
        self.permissions = permissions
    }
}

/// Where users are kept.
public protocol FileUsers: Sendable {
    /// - Returns: `nil` where there is no user of this name.
    /// - Throws: where the store cannot be read.
    func user(named name: String) async throws -> FileUser?

    /// Adds a user, or replaces the one of that name. When it returns, the user is on disk.
    func save(_ user: FileUser) async throws

    /// - Returns: whether there was one.
    func remove(named name: String) async throws -> Bool

    /// All users, by name.
    func all() async throws -> [FileUser]
}
