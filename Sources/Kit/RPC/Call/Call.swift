public import Endpoints
public import Foundation

/// One call on its way, the same whatever wire it came by or will take.
public struct Call: Sendable {
    /// The qualified name of the endpoint, such as `resource.current_time`.
    public var endpoint: String
    /// The input as JSON; empty where there is nothing to say.
    public var body: Data
    /// The media type of the body; `nil` means `application/json`.
    public var contentType: String?
    /// The bearer token, unverified; an empty one is none.
    public var token: String?
    public var trace: TraceContext
    /// The caller's own name for the call, which is echoed.
    public var requestID: String?
    /// The address of whoever started it all: the peer's, or what a trusted service says of its own caller; `nil` where
    /// neither is known.
    public var origin: String?
    /// The time that remained when the call was sent; `nil` leaves it to the endpoint.
    public var timeout: Duration?
    /// When the call was read from its wire; its time counts from here.
    public var received: ContinuousClock.Instant
    /// Which transport it came by, for logs and metrics.
    public var transport: Transport
    /// Gets where the call's time went, if the caller wants to know.
    public var timing: Timing?
    /// What its front could not translate. The dispatcher answers with it, so that this call too is logged and counted.
    public var fault: Problem?

    public init(
        _ endpoint: String,
        body: Data = Data(),
        contentType: String? = nil,
        token: String? = nil,
        trace: TraceContext = .root(),
        requestID: String? = nil,
        origin: String? = nil,
        timeout: Duration? = nil,
        received: ContinuousClock.Instant = .now,
        transport: Transport = .inProcess,
        timing: Timing? = nil,
        fault: Problem? = nil
    ) {
        self.endpoint = endpoint
        self.body = body
        self.contentType = contentType
        self.token = token?.isEmpty == true ? nil : token
        self.trace = trace
        self.requestID = requestID
        self.origin = origin
        self.timeout = timeout
        self.received = received
        self.transport = transport
        self.timing = timing
        self.fault = fault
    }
}

/// The transports, as logs and metrics name them.
public enum Transport: String, Sendable, Hashable, CaseIterable {
    case inProcess = "inprocess"
    case http
    case zeroMQ = "zmq"
}
