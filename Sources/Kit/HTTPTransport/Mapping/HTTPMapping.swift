import Endpoints
import Foundation
import NIOCore
import NIOHTTP1
import RPC

/// The mapping of calls and replies to HTTP: the only place that knows header fields and the envelope. The front uses
/// one half of it, the caller the other.
enum HTTPMapping {}

/// A response that is ready to be sent.
struct HTTPResponse: Sendable {
    var status: HTTPResponseStatus
    var headers = HTTPHeaders()
    var body = ByteBuffer()
    /// A body whose length is not known; it is sent chunk by chunk.
    var chunks: AsyncStream<Data>?
    /// Written between two chunks now and then; empty if the media type has no comment.
    var heartbeat: StaticString = ""
}

extension HTTPMapping {
    /// A request to an endpoint, as a call. What cannot be translated becomes the call's rejection.
    static func call(_ route: Route, path: [String: String], query: Substring?, _ request: FullRequest) -> Call {
        var call = call(route, request.head.headers, received: request.received)
        if !request.hasBody { call.contentType = nil }
        do {
            let client = route.endpoint.http.oauth ? try request.head.headers.clientCredentials() : nil
            call.body = try route.input(
                path: path, query: query, body: request.body, isForm: route.acceptsForm(request.head.headers),
                client: client)
        } catch {
            call.rejection = error
        }
        return call
    }

    /// The head of a request to an endpoint, as a call without input.
    static func call(
        _ route: Route, _ headers: RequestHeaders, received: ContinuousClock.Instant = .now
    ) -> Call {
        var call = call(route.name, headers, received: received)
        if route.hasBody, !route.acceptsForm(headers) { call.contentType = headers.contentType }
        return call
    }

    /// A request that leads to no endpoint, as a call: it is refused, logged and counted like any other.
    static func unroutedCall(_ rejection: Problem, _ headers: RequestHeaders, received: ContinuousClock.Instant) -> Call
    {
        var call = call(Call.unknownEndpoint, headers, received: received)
        call.rejection = rejection
        return call
    }

    private static func call(_ name: String, _ headers: RequestHeaders, received: ContinuousClock.Instant) -> Call {
        Call(
            name, token: headers.token, trace: headers.trace ?? .root(), requestID: headers.requestID,
            timeout: headers.timeout, received: received, transport: .http,
            timing: headers.wantsTiming ? ReportedTimings() : nil, rejection: headers.fault)
    }
}

extension HTTPMapping {
    /// The reply to a call, as a response.
    ///
    /// - Parameters:
    ///   - call: what is replied to; its ids go back.
    ///   - reply: the dispatcher's.
    ///   - endpoint: the one that was called; `nil` if it was none.
    ///   - allow: the methods that the path has, where the request's is none of them.
    /// - Returns: the response, without `Date` and `Content-Length`.
    static func response(
        to call: Call, _ reply: Reply, _ endpoint: EndpointDescriptor? = nil, allow: String? = nil
    ) -> HTTPResponse {
        var response: HTTPResponse
        var caching = Header.noStore
        switch reply {
        case .success(let status, let output, let contentType):
            response = HTTPResponse(status: HTTPResponseStatus(statusCode: status))
            response.headers.reserveCapacity(8)
            if status != 204 {
                response.body = body(of: output, contentType, endpoint)
                response.headers.add(name: Header.contentType, value: contentType ?? Header.json)
            }
            if let cache = endpoint?.http.cache { caching = "max-age=\(cache.components.seconds)" }
        case .failure(let problem):
            response = failure(call, problem, endpoint, allow: allow)
        }
        response.headers.add(name: Header.contentTypeOptions, value: Header.noSniff)
        response.headers.add(name: Header.cacheControl, value: caching)
        // RFC 6749, section 5.1, requires both.
        if endpoint?.http.oauth == true { response.headers.add(name: Header.pragma, value: Header.noCache) }
        response.headers.add(name: Header.requestID, value: call.requestID ?? call.trace.traceID)
        response.headers.add(name: Header.traceParent, value: call.trace.header)
        if let times = call.timing?.header { response.headers.add(name: Header.serverTiming, value: times) }
        return response
    }

    /// The response to OPTIONS (RFC 9110, section 9.3.7).
    static func options(allow: String) -> HTTPResponse {
        HTTPResponse(status: .noContent, headers: [Header.allow: allow])
    }

    private static func body(of output: Data, _ contentType: String?, _ endpoint: EndpointDescriptor?) -> ByteBuffer {
        if contentType != nil { return ByteBuffer(bytes: output) }
        if endpoint?.http.envelope == true { return Envelope.wrap(output) }
        return output.isEmpty ? ByteBuffer(staticString: "{}") : ByteBuffer(bytes: output)
    }

    private static func failure(
        _ call: Call, _ problem: Problem, _ endpoint: EndpointDescriptor?, allow: String?
    ) -> HTTPResponse {
        let isOAuth = endpoint?.http.oauth == true
        var response = HTTPResponse(
            status: HTTPResponseStatus(statusCode: problem.status),
            headers: [Header.contentType: isOAuth ? Header.json : Problem.contentType],
            body: ByteBuffer(bytes: isOAuth ? OAuthError.json(problem) : problem.json(traceID: call.trace.traceID)))
        if let challenge = challenge(call, problem, endpoint) {
            response.headers.add(name: Header.wwwAuthenticate, value: challenge)
        }
        if problem.isUnprocessed { response.headers.add(name: Header.processed, value: Header.notProcessed) }
        if problem.kind == .unsupportedCoding {
            response.headers.add(name: Header.acceptEncoding, value: Header.identity)
        }
        if let allow { response.headers.add(name: Header.allow, value: allow) }
        if let pause = problem.retryAfter {
            response.headers.add(name: Header.retryAfter, value: String(seconds(pause)))
        }
        return response
    }

    /// The challenge to a caller that is refused (RFC 9110, section 11.6.1; RFC 6750, section 3).
    private static func challenge(_ call: Call, _ problem: Problem, _ endpoint: EndpointDescriptor?) -> String? {
        switch (problem.status, endpoint?.access) {
        case (401, _) where endpoint?.http.oauth == true && call.token == nil: Header.basic
        case (403, _) where endpoint?.http.oauth == true: #"Bearer error="\#(problem.kind.code)""#
        case (401, _): call.token == nil ? Header.bearer : Header.bearerInvalid
        case (403, .permission(let permission, _)) where problem.kind == .permissionDenied:
            #"Bearer error="insufficient_scope", scope="\#(permission)""#
        // The handler has asked for a permission.
        case (403, .token) where problem.kind == .permissionDenied: #"Bearer error="insufficient_scope""#
        default: nil
        }
    }

    /// Whole seconds, rounded up, at least one (RFC 9110, section 10.2.3).
    private static func seconds(_ duration: Duration) -> Int {
        let (seconds, attoseconds) = duration.components
        return max(1, Int(seconds) + (attoseconds > 0 ? 1 : 0))
    }
}
