public import Logging

/// The context of the call that a handler answers, beside its input.
///
/// Hand it to ``Client/call(_:_:in:token:timeout:timing:)``, and the calls that this one causes share its trace and its
/// time.
public final class CallContext: Sendable {
    /// The qualified name of the endpoint.
    public let endpoint: String
    /// The caller; `nil` at an open endpoint.
    public let principal: Principal?
    /// The token as the caller sent it, to be passed on where the next service must know the caller.
    public let token: String?
    public let trace: TraceContext
    /// The address of whoever started it all, where it is known: see ``Call/origin``.
    public let origin: String?
    /// The URL by which the caller has reached the service, where it is known: see ``Call/publicURL``.
    public var publicURL: String? { findPublicURL() }
    /// The deadline of the call. Its task is cancelled then.
    public let deadline: ContinuousClock.Instant
    private let findPublicURL: @Sendable () -> String?

    public init(
        endpoint: String, principal: Principal? = nil, token: String? = nil, trace: TraceContext = .root(),
        origin: String? = nil, publicURL: @escaping @Sendable () -> String? = { nil },
        deadline: ContinuousClock.Instant = .now + .seconds(1)
    ) {
        self.endpoint = endpoint
        self.principal = principal
        self.token = token
        self.trace = trace
        self.origin = origin
        findPublicURL = publicURL
        self.deadline = deadline
    }

    convenience init(_ call: Call, by principal: Principal?, deadline: ContinuousClock.Instant) {
        self.init(
            endpoint: call.endpoint, principal: principal, token: call.token, trace: call.trace, origin: call.origin,
            publicURL: call.publicURL, deadline: deadline)
    }

    /// The time that is left.
    public var remaining: Duration { ContinuousClock.now.duration(to: deadline) }

    /// A logger whose every line holds the trace.
    public var logger: Logger {
        var logger = Logger(label: endpoint)
        logger[metadataKey: "trace_id"] = .string(trace.traceID)
        logger[metadataKey: "span_id"] = .string(trace.spanID)
        return logger
    }
}
