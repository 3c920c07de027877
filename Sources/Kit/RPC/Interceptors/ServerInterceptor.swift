public import Endpoints

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
    /// Its task is cancelled at the call's deadline, and the caller gets its reply then; what this returns later reaches
    /// nobody.
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
