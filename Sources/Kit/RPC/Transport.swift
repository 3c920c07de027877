public import Endpoints
package import Foundation
import JSON

/// A transport, by its name in logs, metrics and traces.
public struct Transport: Sendable, Hashable {
    /// Calls within a process.
    public static let inProcess = Transport("inprocess")
    /// HTTP.
    public static let http = Transport("http")
    /// ZeroMQ, by the protocol S1.
    public static let zeroMQ = Transport("zmq")

    /// The value of the label.
    public let name: String

    /// - Parameter name: a word in lower case, such as `lines`. It becomes the value of a label, so there must be few of them.
    public init(_ name: String) {
        self.name = name
    }
}

/// The server side of a transport: it listens, translates what it reads into ``Call``s for a ``Dispatcher``, and
/// translates the ``Reply``s. It decides nothing.
public protocol Front: Sendable {
    /// Starts to listen.
    ///
    /// - Returns: the addresses that callers reach it by, with the real port if port 0 was requested.
    func start() async throws -> [String]

    /// Notifies callers that they should connect elsewhere, and still serves those that come.
    func drain() async

    /// Has the dispatcher refuse new calls, lets those in flight end for a bounded time, and releases all it holds.
    /// Called once, after ``drain()``; a service that starts anew needs another dispatcher.
    func stop() async
}

/// The client side of a transport: it sends a ``Call`` and brings the ``Reply``.
public protocol Caller: Sendable {
    /// Sends a call and waits for its reply.
    ///
    /// It returns by the call's deadline, `received` + `timeout`, whatever the peer does: with
    /// ``Problem/Kind/deadlineExceeded`` if the peer is silent and ``Problem/Kind/unavailable`` if it cannot be
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

// The problems of a peer that cannot be reached, without its address: problems are passed on, also to strangers. By these, and
// not by their kind, a balancer knows that a replica is not there: one that replies may say the same of another service.
extension Problem {
    /// There is no connection; the call was not sent.
    public static let notConnected = Problem.notConnected("There is no connection to the service.")
    /// The connection ended after the call was sent.
    public static let lost = Problem(
        .unavailable, "The connection was lost; whether the call was processed is not known.",
        retryAfter: .milliseconds(100)
    ).from(.connection)

    /// There is no connection, for a reason that is known; the call was not sent.
    ///
    /// - Parameter detail: a sentence without the peer's address.
    public static func notConnected(_ detail: String, retryAfter: Duration = .milliseconds(100)) -> Problem {
        Problem(.unavailable, detail, retryAfter: retryAfter, isUnprocessed: true).from(.connection)
    }
}

extension Duration {
    /// The pause that `Retry-After` names: whole seconds, or a date (RFC 9110, section 10.2.3). It is not negative.
    package init?(retryAfter text: String, at now: Date = .now) {
        guard let seconds = Int(text).map(Double.init) ?? Self.date(text)?.timeIntervalSince(now) else { return nil }
        // A peer may name any number.
        self = .seconds(Int(min(max(seconds, 0), 1e9).rounded(.up)))
    }

    /// A date as HTTP writes it now (RFC 9110, section 5.6.7), such as `Sun, 06 Nov 1994 08:49:37 GMT`.
    private static func date(_ text: String) -> Date? {
        let months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
        guard let parts = text.wholeMatch(of: /[A-Za-z]{3}, (\d\d) ([A-Za-z]{3}) (\d{4}) (\d\d:\d\d:\d\d) GMT/),
            let month = months.firstIndex(of: String(parts.2))
        else { return nil }
        return RFC3339.date("\(parts.3)-\(month < 9 ? "0" : "")\(month + 1)-\(parts.1)T\(parts.4)Z")
    }
}

/// Calls a service in the same process, without a wire.
public struct InProcessCaller: Caller {
    private let dispatcher: Dispatcher

    /// A caller of the service that a dispatcher serves.
    public init(_ dispatcher: Dispatcher) {
        self.dispatcher = dispatcher
    }

    public var isConnected: Bool { true }

    public func call(_ call: Call, _ endpoint: EndpointDescriptor) async -> Reply {
        await dispatcher.dispatch(call)
    }

    public func close() {}
}
