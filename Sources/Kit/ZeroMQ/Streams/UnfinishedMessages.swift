/// The bytes that all connections of one listener hold together of messages whose rest has not come.
final class UnfinishedMessages {
    /// Bytes.
    let limit: Int
    var bytes = 0

    init(limit: Int) {
        self.limit = limit
    }

    var areTooMany: Bool { bytes > limit }
}
