/// Learns of every reply, and of the end of every handler, on all fronts alike.
///
/// It changes nothing and costs a function call; whatever wraps a call is a ``ServerInterceptor``. A reply may come before
/// the handler ends: at the deadline, or if the caller cancels.
///
/// Its methods are called on the thread that replies and must not block.
public protocol CallObserver: Sendable {
    /// Returns the observer for one endpoint. Called once per endpoint at the start, so that an observer can keep what
    /// belongs to an endpoint; calls to unknown endpoints go to `self`.
    func observer(for endpoint: String) -> any CallObserver

    /// Called once for each call, when its reply is known and just before it is sent.
    func didReply(to call: Call, with reply: Reply)

    /// Called once for each call that reached the dispatcher, when its handler has ended: before ``didReply(to:with:)``, or
    /// long after, if the call was given up while its handler ran on.
    func didFinish(_ call: Call, _ timings: ServerTimings)
}

extension CallObserver {
    public func observer(for endpoint: String) -> any CallObserver { self }

    public func didFinish(_ call: Call, _ timings: ServerTimings) {}
}
