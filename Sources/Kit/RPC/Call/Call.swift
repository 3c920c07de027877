public import Endpoints
public import Foundation
public import Logging

/// One call on its way, the same whatever wire it came or will go by.
public struct Call: Sendable {
    /// The qualified name of the endpoint, such as `resource.current_time`.
    public var endpoint: String
    /// The input, as JSON unless its endpoint takes ``Bytes``; empty if there is none.
    public var body: Data
    /// The media type of the body; `nil` means `application/json`, or that there is no body.
    public var contentType: String?
    /// The bearer token, unverified; an empty one is none.
    public var token: String?
    /// The position in the trace.
    public var trace: TraceContext
    /// The caller's own name for the call, which is echoed and logged.
    public var requestID: String?
    /// The address of whoever started it all: the peer's, or what a trusted service says of its own caller; `nil` if
    /// neither is known.
    public var origin: String?
    /// Returns the URL by which the caller has reached the service, without a last slash, as a trusted proxy reports it; `nil`
    /// if none does. It is read from the headers only when called.
    public var publicURL: @Sendable () -> String?
    /// The time that remained when the call was sent; `nil` leaves it to the endpoint.
    public var timeout: Duration?
    /// The time at which the call was read from its wire; its time counts from here.
    public var received: ContinuousClock.Instant
    /// The instant since which it has waited for its turn, if that is later: what it lost on its way before is no sign that
    /// its service is overloaded.
    package var waitingSince: ContinuousClock.Instant?
    /// The transport that it came by, for logs and metrics.
    public var transport: Transport
    /// Gets where the call's time went, if the caller wants to know.
    public var timing: ReportedTimings?
    /// The reason to refuse the call, of an input that its front could not translate. The dispatcher replies with it, so that this
    /// call too is logged and counted.
    public var rejection: Problem?

    /// - Parameters:
    ///   - token: an empty one is none.
    ///   - requestID: 1 to 128 visible ASCII characters. Anything else is none, for it goes into logs and headers.
    public init(
        _ endpoint: String,
        body: Data = Data(),
        contentType: String? = nil,
        token: String? = nil,
        trace: TraceContext = .root(),
        requestID: String? = nil,
        origin: String? = nil,
        publicURL: @escaping @Sendable () -> String? = { nil },
        timeout: Duration? = nil,
        received: ContinuousClock.Instant = .now,
        transport: Transport = .inProcess,
        timing: ReportedTimings? = nil,
        rejection: Problem? = nil
    ) {
        self.endpoint = endpoint
        self.body = body
        self.contentType = contentType
        self.token = token?.isEmpty == true ? nil : token
        self.trace = trace
        self.requestID = requestID.flatMap(Self.printable)
        self.origin = origin
        self.publicURL = publicURL
        self.timeout = timeout
        self.received = received
        self.transport = transport
        self.timing = timing
        self.rejection = rejection
    }
}

extension Call {
    /// The endpoint's name in the log and metrics for calls to an unknown endpoint.
    package static let unknownEndpoint = "unknown"

    /// True for calls to the kit's own endpoints, such as checks of health, which are handled when all others are refused:
    /// at the limit of calls in flight, and while the service stops.
    public var isInternal: Bool { Self.isInternal(endpoint) }

    static func isInternal(_ endpoint: String) -> Bool { endpoint.utf8.first == UInt8(ascii: "_") }

    /// The token of a call that may show it in two ways: by itself, which goes first, or after the word Bearer in
    /// `Authorization` (RFC 6750, section 2.1).
    package static func token(_ own: String?, authorization: String?) -> String? {
        if let own, !own.isEmpty { return own }
        guard let authorization, let scheme = authorization.utf8.firstIndex(of: UInt8(ascii: " ")) else { return nil }
        guard authorization[..<scheme].lowercased() == "bearer" else { return nil }
        return String(authorization.utf8[scheme...].drop { $0 == UInt8(ascii: " ") })
    }

    private static func printable(_ text: String) -> String? {
        1...128 ~= text.utf8.count && text.utf8.allSatisfy { 0x21...0x7E ~= $0 } ? text : nil
    }
}

extension String {
    /// True if it holds printable ASCII only, as whatever travels in a header must.
    var isPrintableASCII: Bool {
        var text = self
        // Without a branch, so that the compiler can compare many bytes at once.
        return text.withUTF8 { bytes in bytes.reduce(0) { max($0, $1 &- 0x20) } } <= 0x7E - 0x20
    }
}

/// The reply to a call, the same on every wire.
public enum Reply: Sendable {
    /// The output, without the envelope that belongs to REST. Its media type is `application/json` if `contentType` is `nil`.
    case success(status: Int, body: Data, contentType: String? = nil)
    case failure(Problem)

    /// The HTTP status code.
    public var status: Int {
        switch self {
        case .success(let status, _, _): status
        case .failure(let problem): problem.status
        }
    }

    /// The reply of an endpoint of OAuth (``HTTPBinding/oauth``), which has errors of its own.
    var oauth: Reply {
        switch self {
        case .success: self
        case .failure(let problem): .failure(problem.oauth)
        }
    }
}

extension Call {
    /// The context of its handler.
    func context(of service: String, by principal: Principal?, deadline: ContinuousClock.Instant) -> CallContext {
        CallContext(
            endpoint: endpoint, service: service, principal: principal, token: token, trace: trace, origin: origin,
            publicURL: publicURL, deadline: deadline)
    }
}

extension Duration {
    /// In whole nanoseconds, a century at most: a longer time is somebody's mistake, and must not overflow what is added.
    package var nanoseconds: Int64 {
        // A division of 64 bits, if that is enough, costs a tenth of one of 128.
        if let few = Int64(exactly: attoseconds) { return few / 1_000_000_000 }
        return Int64(min(max(attoseconds / 1_000_000_000, -Self.century), Self.century))
    }

    private static let century: Int128 = 100 * 366 * 86_400 * 1_000_000_000
}

/// The context of the call that a handler runs for, beside its input.
///
/// Hand it to ``Client/call(_:_:in:token:timeout:timing:)``, and the calls that this one causes share its trace and its
/// time.
public final class CallContext: Sendable {
    /// The qualified name of the endpoint.
    public let endpoint: String
    /// The name of the service, for its log.
    private let service: String
    /// The caller; `nil` at an open endpoint.
    public let principal: Principal?
    /// The token as the caller sent it, to be passed on if the next service must know the caller.
    public let token: String?
    /// The position in the trace; what the handler calls is its child.
    public let trace: TraceContext
    /// The address of the first caller, if it is known: see ``Call/origin``.
    public let origin: String?
    /// The URL by which the caller has reached the service, if it is known: see ``Call/publicURL``.
    public var publicURL: String? { findPublicURL() }
    /// The deadline of the call. Its task is cancelled then.
    public let deadline: ContinuousClock.Instant
    private let findPublicURL: @Sendable () -> String?

    /// A context, as for tests of a service; the other parameters are the properties.
    ///
    /// - Parameter service: the name of the service, for its log; by default the endpoint's name up to its first dot.
    public init(
        endpoint: String, service: String? = nil, principal: Principal? = nil, token: String? = nil,
        trace: TraceContext = .root(), origin: String? = nil,
        publicURL: @escaping @Sendable () -> String? = { nil },
        deadline: ContinuousClock.Instant = .now + .seconds(1)
    ) {
        self.endpoint = endpoint
        self.service = service ?? String(endpoint.prefix { $0 != "." })
        self.principal = principal
        self.token = token
        self.trace = trace
        self.origin = origin
        findPublicURL = publicURL
        self.deadline = deadline
    }

    /// The time that is left.
    public var remaining: Duration { ContinuousClock.now.duration(to: deadline) }

    /// A logger whose every line holds the service and the trace.
    public var logger: Logger {
        var logger = Logger(label: endpoint, service: service)
        logger[metadataKey: "trace_id"] = .string(trace.traceID)
        logger[metadataKey: "span_id"] = .string(trace.spanID)
        return logger
    }
}

extension Logger {
    /// A logger whose every line holds the name of a service.
    package init(label: String, service: String) {
        self.init(label: label)
        self[metadataKey: "service"] = .string(service)
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

    /// The owner of a token that was verified.
    ///
    /// - Parameters:
    ///   - username: the subject by default.
    ///   - tokenID: the `jti` of the token.
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
    /// The verifier that accepts none.
    public init() {}

    public func verify(_ token: String) async throws(Problem) -> Principal {
        throw Problem(.tokenInvalid, "The token is not valid.")
    }
}

/// Finds the principal of a token. The dispatcher calls it for each call to an endpoint that is not open.
public protocol TokenVerifier: Sendable {
    /// True if it has the keys it needs. A service whose verifier is not ready is not ready either.
    var isReady: Bool { get }

    /// Returns the principal of a token that was verified a short while ago, or `nil`: it must be verified again then.
    ///
    /// Called before ``verify(_:)``, so that most calls are handled without a suspension.
    func remembered(_ token: String) -> Principal?

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

    /// A verifier without memory verifies each token anew.
    public func remembered(_ token: String) -> Principal? { nil }

    /// A verifier without an issuer confirms nothing.
    public func confirm(_ permission: String, _ context: CallContext) async throws(Problem) {
        throw .noIssuer
    }
}

extension Problem {
    /// A permission is to be confirmed, and there is no issuer to confirm it.
    package static let noIssuer = Problem(
        .unavailable, "Token introspection is not configured.", isUnprocessed: true
    ).from(.call)
}
