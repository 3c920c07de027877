/// Watches every call, on every front alike.
///
/// Its method is called on the thread that answers and must not block.
public protocol Interceptor: Sendable {
    /// Called once for each call, when its reply is known and just before it is sent.
    func answered(_ call: Call, with reply: Reply)
}
