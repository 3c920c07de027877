/// How a ``Pool`` keeps its connections.
public struct PoolSettings: Sendable {
    /// How many connections there are at most, and threads.
    public var connections = 4
    /// How many calls may wait beside those that are being served; one more is refused.
    public var waiting = 128
    /// How long connecting may take; libpq counts whole seconds, two at least.
    public var connectTimeout = Duration.seconds(2)
    /// How long a statement may take, its waiting for locks included.
    public var statementTimeout = Duration.seconds(2)
    /// How long a statement may wait for a lock; longer than the second after which a server looks for deadlocks.
    public var lockTimeout = Duration.milliseconds(1500)
    /// For how long after a connection could not be made all that wait are refused at once, before it is tried again.
    public var pause = Duration.milliseconds(250)
    /// How often a transaction is run at most that the server has ended for the sake of another.
    public var attempts = 8
    /// How long a connection is used at most, so that a name that leads elsewhere by now is noticed.
    public var maxAge = Duration.seconds(60)
    /// The schema of the transactions' tables; `nil` for the user's own search path.
    public var schema: String?
    /// The server's name of its client, and the name of the threads.
    public var name = "star"

    public init() {}
}
