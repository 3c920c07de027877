public import Endpoints
public import Logging

/// Wraps the calls of a service.
///
/// ```swift
/// struct Maintenance: ServerInterceptor {
///     func intercept(
///         _ call: Call, to endpoint: EndpointDescriptor?, _ next: nonisolated(nonsending) (Call) async -> Reply
///     ) async -> Reply {
///         guard endpoint?.isIdempotent != false else { return .failure(Problem(.unavailable, "Read-only today.")) }
///         return await next(call)
///     }
/// }
/// ```
public protocol ServerInterceptor: Sendable {
    /// Handles a call, on the service's executor.
    ///
    /// Its task is cancelled at the call's deadline, and the caller gets its reply then; what this returns later is
    /// dropped.
    ///
    /// - Parameters:
    ///   - call: may be changed before it is passed on.
    ///   - endpoint: `nil` if the service has none of that name.
    ///   - next: the interceptors that follow, and at last the dispatcher's own steps: limits, access, decoding, handler,
    ///     encoding.
    /// - Returns: the reply, which need not be that of `next`.
    func intercept(
        _ call: Call, to endpoint: EndpointDescriptor?, _ next: nonisolated(nonsending) (Call) async -> Reply
    ) async -> Reply
}

/// Wraps the calls of a ``Client``.
public protocol ClientInterceptor: Sendable {
    /// Handles a call, on the caller's actor.
    ///
    /// - Parameters:
    ///   - call: may be changed before it is passed on; its time is over at `received` + `timeout`.
    ///   - endpoint: the endpoint that is called.
    ///   - next: the interceptors that follow, and at last the transport. It may be called again, if the call may be repeated.
    func intercept(
        _ call: Call, to endpoint: EndpointDescriptor, _ next: nonisolated(nonsending) (Call) async -> Reply
    ) async -> Reply
}

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

/// Writes a line for each call: an error for status 500, by which a handler has failed; an info line for whatever else was
/// refused, by the caller's fault or for want of time, room or a peer; a debug line for a success. Each holds the call's
/// trace, and the caller's own name for it if there is one, and of a 502, 503 or 504 the reason; none holds a token or a payload.
public struct LoggingObserver: CallObserver {
    private let logger: Logger

    /// An observer that writes to a logger.
    public init(_ logger: Logger) {
        self.logger = logger
    }

    public func didReply(to call: Call, with reply: Reply) {
        let (level, message): (Logger.Level, Logger.Message) =
            switch reply.status {
            case ..<400: (.debug, "Call succeeded")
            case 500: (.error, "Call failed")
            default: (.info, "Call refused")
            }
        guard level >= logger.logLevel else { return }
        logger.log(level: level, message, metadata: metadata(call, reply))
    }

    private func metadata(_ call: Call, _ reply: Reply) -> Logger.Metadata {
        var metadata: Logger.Metadata = [
            "endpoint": .string(call.endpoint),
            "status": .stringConvertible(reply.status),
            "trace_id": .string(call.trace.traceID),
            "span_id": .string(call.trace.spanID),
            "transport": .string(call.transport.name),
            "milliseconds": .stringConvertible(call.received.duration(to: .now) / .milliseconds(1)),
        ]
        if case .failure(let problem) = reply {
            metadata["code"] = .string(problem.kind.code)
            // What is missing is said by its operator's own services, and not by a caller.
            if problem.status > 500 { metadata["detail"] = .string(problem.detail) }
        }
        if let requestID = call.requestID { metadata["request_id"] = .string(requestID) }
        if let origin = call.origin { metadata["client"] = .string(origin) }
        return metadata
    }
}
