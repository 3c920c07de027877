public import RPC

/// A transport under test: how it serves a dispatcher, and how it calls. Each check has one of its own.
public protocol TestTransport: Sendable {
    /// The ways in which it may differ from others.
    var traits: TransportTraits { get }

    /// The executor of the service's actor; a queue by default.
    var executor: ServiceExecutor { get }

    /// Makes a front, which is started, and stopped, by the check.
    ///
    /// - Parameter address: of the front before this one, whose callers expect this one at the same place; `nil` for the
    ///   first.
    func makeFront(_ dispatcher: Dispatcher, at address: String?) throws -> any Front

    /// Makes a caller, which begins to connect by itself. The check closes it.
    ///
    /// - Parameter address: the first of those that the front's `start()` has returned. Nothing may listen there.
    func makeCaller(to address: String) async throws -> any Caller

    /// Releases what is left once all fronts and callers are closed.
    func close() async
}

extension TestTransport {
    /// A queue of its own, by default.
    public var executor: ServiceExecutor { QueueExecutor(name: "service") }

    public func close() async {}
}

/// The ways in which transports may differ. In all else they are the same.
public struct TransportTraits: Sendable {
    /// True if there is a front that can be stopped, started again and drained; false for calls within a process.
    public var isRemote = true
    /// The largest body in bytes that the front accepts, 1 MiB by default; `nil` for any.
    public var bodyLimit: Int? = 1_048_576
    /// True if fields in the path and the query are text only, as in HTTP: numbers lose their type, and an empty list is
    /// absent.
    public var carriesTextOnly = false
    /// True if `retryAfter` is rounded up to whole seconds, as in `Retry-After`.
    public var retriesInSeconds = false
    /// True if a front that drains makes its callers go elsewhere at once.
    public var sendsCallersAway = false
    /// The most calls that one caller has in flight.
    public var maxCallsInFlight = 10_000
    /// The number of calls under load, a multiple of 100.
    public var manyCalls = 10_000

    /// The traits of a remote transport, which differs in nothing.
    public init() {}
}
