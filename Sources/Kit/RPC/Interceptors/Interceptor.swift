/// Watches every call, on every front alike.
///
/// Its methods are called on the thread that answers and must not block.
public protocol Interceptor: Sendable {
    /// What watches the calls of an endpoint in its place. It is asked for once, at the start, so that nothing that is kept by
    /// endpoint has to be looked up at each call; calls that lead to no endpoint it watches itself.
    func watcher(of endpoint: String) -> any Interceptor

    /// Called once for each call, when its reply is known and just before it is sent.
    func answered(_ call: Call, with reply: Reply)

    /// Called once for each call that came to the dispatcher, when its way has ended: before ``answered(_:with:)``, or long
    /// after, where the call was given up while its handler ran on.
    func measured(_ call: Call, _ ledger: Ledger)
}

extension Interceptor {
    public func watcher(of endpoint: String) -> any Interceptor { self }

    public func measured(_ call: Call, _ ledger: Ledger) {}
}
