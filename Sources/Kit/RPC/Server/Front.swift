/// The server side of a transport: it listens, translates what it reads into ``Call``s for a ``Dispatcher``, and
/// translates the ``Reply``s. It decides nothing.
public protocol Front: Sendable {
    /// Starts to listen.
    ///
    /// - Returns: the addresses that callers reach it by, with the real port where it was asked for any.
    func start() async throws -> [String]

    /// Tells callers to go elsewhere, and still answers those that come.
    func drain() async

    /// Has the dispatcher refuse new calls, lets those in flight end for a bounded time, and releases all it holds.
    /// Called once, after ``drain()``; a service that starts anew needs another dispatcher.
    func stop() async
}
