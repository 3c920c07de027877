/// Watches every call, on every front alike.
///
/// Its methods are called on the thread that answers and must not block.
public protocol Interceptor: Sendable {
    /// Called once for each call, when its reply is known and just before it is sent.
    func answered(_ call: Call, with reply: Reply)

    /// Called once for each call that came to the dispatcher, when its way has ended: before ``answered(_:with:)``, or long
    /// after, where the call was given up while its handler ran on.
    func measured(_ call: Call, _ ledger: Ledger)
}

extension Interceptor {
    public func measured(_ call: Call, _ ledger: Ledger) {}
}
