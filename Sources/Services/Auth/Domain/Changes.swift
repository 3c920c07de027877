/// The changes that verifiers need since a version that they know.
///
/// Every revocation and every change of a key has a version, one more than the last. They are seen in their order: who
/// has seen a version never finds another below it later, also where several processes write.
public struct Changes: Sendable, Equatable {
    public struct Revocation: Sendable, Hashable {
        public let version: Int
        public let token: TokenReference

        public init(version: Int, token: TokenReference) {
            self.version = version
            self.token = token
        }
    }

    /// Up to which version these are all. Ask from here the next time.
    public let version: Int
    /// The version of the last change of a key; 0 where there was none.
    public let keysVersion: Int
    /// By version. Those whose tokens have ended may be left out.
    public let revocations: [Revocation]
    /// True if these are all up to now; otherwise ask again, from `version`.
    public let isComplete: Bool

    public init(version: Int, keysVersion: Int, revocations: [Revocation], isComplete: Bool) {
        self.version = version
        self.keysVersion = keysVersion
        self.revocations = revocations
        self.isComplete = isComplete
    }
}
