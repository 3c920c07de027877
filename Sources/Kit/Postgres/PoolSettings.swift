/// The settings of a ``Pool``.
public struct PoolSettings: Sendable {
    /// The greatest number of connections, and of threads.
    public var connections = 4
    /// The number of calls that may wait beside those that are being served; one more is refused.
    public var waiting = 128
    /// The timeout of connecting; libpq counts whole seconds, two at least.
    public var connectTimeout = Duration.seconds(2)
    /// The timeout of a statement, its waiting for locks included.
    public var statementTimeout = Duration.seconds(2)
    /// The timeout of a lock; longer than the second after which a server looks for deadlocks.
    public var lockTimeout = Duration.milliseconds(1500)
    /// For how long after a connection could not be made all that wait are refused at once, before it is tried again.
    public var pause = Duration.milliseconds(250)
    /// The most attempts for a transaction that the server ends for the sake of another.
    public var attempts = 8
    /// The longest time for which a connection is used, so that a name that leads elsewhere by now is noticed.
    public var maxAge = Duration.seconds(60)
    /// The schema of the transactions' tables; `nil` for the user's own search path.
    public var schema: String?
    /// The server's name of its client, and the name of the threads.
    public var name = "postgres pool"

    public init() {}
}
