public import Endpoints
public import Foundation

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
    /// its service has too much to do.
    package var waitingSince: ContinuousClock.Instant?
    /// Which transport it came by, for logs and metrics.
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
    public var isInternal: Bool { endpoint.hasPrefix("_") }

    /// The token of a call that may show it in two ways: by itself, which goes first, or after the word Bearer in
    /// `Authorization` (RFC 6750, section 2.1).
    package static func token(_ own: String?, authorization: String?) -> String? {
        if let own, !own.isEmpty { return own }
        guard let authorization, authorization.prefix(7).lowercased() == "bearer " else { return nil }
        return String(authorization.dropFirst(7).drop { $0 == " " })
    }

    private static func printable(_ text: String) -> String? {
        1...128 ~= text.utf8.count && text.utf8.allSatisfy { 0x21...0x7E ~= $0 } ? text : nil
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

extension Duration {
    /// In whole nanoseconds, a century at most: a longer time is somebody's mistake, and must not overflow what is added.
    package var nanoseconds: Int64 {
        // A division of 64 bits, where it will do, costs a tenth of one of 128.
        if let few = Int64(exactly: attoseconds) { return few / 1_000_000_000 }
        return Int64(min(max(attoseconds / 1_000_000_000, -Self.century), Self.century))
    }

    private static let century: Int128 = 100 * 366 * 86_400 * 1_000_000_000
}
