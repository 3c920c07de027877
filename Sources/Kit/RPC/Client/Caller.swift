public import Endpoints

/// The client side of a transport: it sends a ``Call`` and brings the ``Reply``.
public protocol Caller: Sendable {
    /// Sends a call and waits for its reply.
    ///
    /// It returns by the call's deadline, `received` + `timeout`, whatever the peer does: with
    /// ``Problem/Kind/deadlineExceeded`` where the peer is silent and ``Problem/Kind/unavailable`` where it cannot be
    /// reached. Cancelling the task cancels the call at the peer too.
    ///
    /// - Parameters:
    ///   - call: its `timeout` is set.
    ///   - endpoint: what is called.
    func call(_ call: Call, _ endpoint: EndpointDescriptor) async -> Reply

    /// The transport, for traces; ``Transport/inProcess`` by default.
    var transport: Transport { get }

    /// True if the peer can be reached as far as is known.
    var isConnected: Bool { get async }

    /// Releases the connection. Calls in flight end with ``Problem/Kind/unavailable``; whether those that
    /// were sent have been processed is not known.
    func close() async
}

extension Caller {
    public var transport: Transport { .inProcess }
}

// What every transport says of a peer that cannot be reached, and nothing of where that is: problems are passed on, also to
// visitors.
extension Problem {
    /// There is no connection; the call was not sent.
    public static let notConnected = Problem(
        .unavailable, "There is no connection to the service.", retryAfter: .milliseconds(100), isUnprocessed: true)
    /// The connection ended after the call was sent.
    public static let lost = Problem(
        .unavailable, "The connection was lost; whether the call was processed is not known.",
        retryAfter: .milliseconds(100))
}
