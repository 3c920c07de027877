/// The reason why a store failed. Nothing has been done, or at least nothing is acknowledged.
public enum StoreError: Error, Sendable, Equatable, CustomStringConvertible {
    /// It cannot be reached, or it fails for a reason of its own, which is for the log.
    case unavailable(String)
    /// No waiting mends it: a wrong password, no right to make a table, tables of something else. The reason is for the
    /// log.
    case unusable(String)
    /// There is no room left.
    case full
    /// It can be read and not written.
    case readOnly
    /// Another process holds it.
    case locked
    /// Too many wait for it already. That says nothing of the store itself.
    case busy

    public var description: String {
        switch self {
        case .unavailable(let reason): "The store is not available: \(reason)"
        case .unusable(let reason): "The store cannot be used: \(reason)"
        case .full: "The store is full."
        case .readOnly: "The store can only be read."
        case .locked: "The store is held by another process."
        case .busy: "Too many wait for the store."
        }
    }
}
