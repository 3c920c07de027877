public import Endpoints
public import Foundation
public import Logging

/// The context of the call that a handler runs for, beside its input.
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

/// The caller of a verified token.
public struct Principal: Sendable, Hashable {
    /// The id of the token's owner (`sub`), which is never another's: the key for what is kept by user.
    public let subject: String
    /// The owner's name (`preferred_username`), for people: once it is removed, somebody else may have it. The subject
    /// if the token has none.
    public let username: String
    /// The permissions of the token.
    public let permissions: Set<String>
    /// The token's own name (`jti`).
    public let tokenID: String
    /// The expiry of the token.
    public let expires: Date

    public init(
        subject: String, username: String? = nil, permissions: Set<String>, tokenID: String, expires: Date
    ) {
        self.subject = subject
        self.username = username ?? subject
        self.permissions = permissions
        self.tokenID = tokenID
        self.expires = expires
    }
}

/// Accepts no token: the verifier of a service whose endpoints are all open.
public struct NoTokens: TokenVerifier {
    public init() {}

    public func verify(_ token: String) async throws(Problem) -> Principal {
        throw Problem(.tokenInvalid, "The token is not valid.")
    }
}

/// Finds the principal of a token. The dispatcher calls it for each call to an endpoint that is not open.
public protocol TokenVerifier: Sendable {
    /// True if it has the keys it needs. A service whose verifier is not ready is not ready either.
    var isReady: Bool { get }

    /// - Throws: ``Problem`` of status 401 if the token is not valid, of 503 if that is not known yet.
    func verify(_ token: String) async throws(Problem) -> Principal

    /// Checks with the issuer of the call's token, which has been verified, whether it holds a permission now.
    ///
    /// It returns by the call's deadline.
    ///
    /// - Throws: ``Problem`` of status 401 if the token is not valid any more, of 403 if it does not hold the
    ///   permission any more, of 503 or 504 if there is no reply.
    func confirm(_ permission: String, _ context: CallContext) async throws(Problem)
}

extension TokenVerifier {
    /// A verifier that needs no keys is always ready.
    public var isReady: Bool { true }

    /// A verifier without an issuer confirms nothing.
    public func confirm(_ permission: String, _ context: CallContext) async throws(Problem) {
        throw Problem(.unavailable, "Token introspection is not configured.", isUnprocessed: true)
    }
}
