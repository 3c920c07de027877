import Endpoints
import Foundation
import JSON
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
                path: path, query: query, body: request.body,
                isForm: route.acceptsForm(request.head.headers, request.body), client: client)
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
    ///   - allow: the methods that the path has, if the request's is none of them.
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
            if let endpoint, let cache = endpoint.http.cache {
                // What a token gets is for its holder alone, whichever way it is shown.
                let isPrivate = endpoint.readsToken
                caching = (isPrivate ? "private, " : "") + "max-age=\(cache.components.seconds)"
                if isPrivate { response.headers.add(name: Header.vary, value: Header.tokens) }
            }
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

    /// The response to a request that would have to wait too long. It has no id of the call, which has none yet.
    static func refusal(of endpoint: EndpointDescriptor) -> HTTPResponse {
        let problem = Problem.overloaded("Too many calls wait for their turn.")
        var response = failure(Call(""), problem, endpoint, allow: nil)
        if !endpoint.http.oauth { response.body = ByteBuffer(bytes: problem.json(traceID: "")) }
        response.headers.add(name: Header.contentTypeOptions, value: Header.noSniff)
        response.headers.add(name: Header.cacheControl, value: Header.noStore)
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
        case (401, _):
            call.token == nil ? #"Bearer realm="\#(call.endpoint.prefix { $0 != "." })""# : Header.bearerInvalid
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

/// The object `{"data": …}` that REST wraps an output in. It is put on and taken off by bytes, without reading the
/// output.
enum Envelope {
    private static let prefix = Array(#"{"data":"#.utf8)
    private static let brace = UInt8(ascii: "}")

    static func wrap(_ output: Data) -> ByteBuffer {
        guard !output.isEmpty else { return ByteBuffer(staticString: #"{"data":{}}"#) }
        var buffer = ByteBufferAllocator().buffer(capacity: output.count + prefix.count + 1)
        buffer.writeBytes(prefix)
        buffer.writeBytes(output)
        buffer.writeInteger(brace)
        return buffer
    }

    /// - Returns: the output, or `nil` if the body is no such object.
    static func unwrap(_ body: Data) -> Data? {
        if body.starts(with: prefix), body.last == brace {
            let output = body.dropFirst(prefix.count).dropLast()
            if isOneValue(output) { return Data(output) }
        }
        return (try? JSONValue(json: body))?["data"]?.json()
    }

    /// True if the bytes have no comma or brace outside of one object or list, so that no member follows it.
    private static func isOneValue(_ bytes: Data) -> Bool {
        guard bytes.first == UInt8(ascii: "{") || bytes.first == UInt8(ascii: "[") else { return false }
        var depth = 0
        var isText = false
        var isEscaped = false
        for (index, byte) in bytes.enumerated() {
            if isEscaped {
                isEscaped = false
            } else if isText {
                isText = byte != UInt8(ascii: "\"")
                isEscaped = byte == UInt8(ascii: "\\")
            } else {
                switch byte {
                case UInt8(ascii: "\""): isText = true
                case UInt8(ascii: "{"), UInt8(ascii: "["): depth += 1
                case UInt8(ascii: "}"), UInt8(ascii: "]"): depth -= 1
                default: break
                }
                if depth == 0 { return index == bytes.count - 1 }
            }
        }
        return false
    }
}

/// An error as OAuth writes it (RFC 6749, section 5.2): `{"error": …, "error_description": …}`.
enum OAuthError {
    private struct ErrorDocument: Codable {
        let error: String
        let error_description: String?
    }

    /// The problem that a response holds; `nil` if it is no error of OAuth.
    static func problem(status: Int, json: Data, retryAfter: Duration?, isUnprocessed: Bool) -> Problem? {
        guard let document = try? JSONCoding.decode(ErrorDocument.self, from: json) else { return nil }
        return Problem(
            Problem.Kind(document.error, status: status, title: "The peer has refused the request"),
            document.error_description ?? "", retryAfter: retryAfter, isUnprocessed: isUnprocessed)
    }

    static func json(_ problem: Problem) -> Data {
        let document = ErrorDocument(error: problem.kind.code, error_description: plain(problem.detail))
        // A struct of strings always encodes.
        return (try? JSONCoding.encode(document)) ?? Data()
    }

    /// The characters that a description may hold.
    private static func plain(_ text: String) -> String {
        String(
            text.unicodeScalars.compactMap { scalar -> Character? in
                switch scalar {
                case "\u{201C}", "\u{201D}", "\"": "'"
                case " "..."~" where scalar != "\\": Character(scalar)
                default: nil
                }
            })
    }
}

/// The header fields that belong to this kit, and the others that it reads or writes, by their names on the wire.
enum Header {
    static let token = Access.tokenHeader
    /// The fields that a token may come in.
    static let tokens = "\(authorization), \(token)"
    static let requestID = "X-Request-Id"
    static let timeout = "X-Timeout-Ms"
    static let traceParent = "traceparent"
    static let traceState = "tracestate"
    static let processed = "Processed"
    static let notProcessed = "no"
    /// The preference of a caller that wants to know where a call's time went (RFC 7240), and the field of the answer.
    static let prefer = "Prefer"
    static let serverTiming = "Server-Timing"

    static let accept = "Accept"
    static let acceptEncoding = "Accept-Encoding"
    static let allow = "Allow"
    static let authorization = "Authorization"
    static let cacheControl = "Cache-Control"
    static let connection = "Connection"
    static let contentEncoding = "Content-Encoding"
    static let contentLength = "Content-Length"
    static let contentType = "Content-Type"
    /// Has nginx, and proxies that follow it, pass a stream on as it comes.
    static let buffering = "X-Accel-Buffering"
    static let contentTypeOptions = "X-Content-Type-Options"
    static let date = "Date"
    static let eTag = "ETag"
    static let ifNoneMatch = "If-None-Match"
    static let location = "Location"
    static let origin = "Origin"
    static let pragma = "Pragma"
    static let retryAfter = "Retry-After"
    static let transferEncoding = "Transfer-Encoding"
    static let vary = "Vary"
    static let wwwAuthenticate = "WWW-Authenticate"

    static let allowCredentials = "Access-Control-Allow-Credentials"
    static let allowHeaders = "Access-Control-Allow-Headers"
    static let allowMethods = "Access-Control-Allow-Methods"
    static let allowOrigin = "Access-Control-Allow-Origin"
    static let exposeHeaders = "Access-Control-Expose-Headers"
    static let maxAge = "Access-Control-Max-Age"

    static let json = "application/json"
    static let noSniff = "nosniff"
    static let noStore = "no-store"
    static let chunked = "chunked"
    static let gzip = "gzip"
    static let identity = "identity"
    static let noCache = "no-cache"
    static let close = "close"
    static let keepAlive = "keep-alive"
    /// A client must show its secret (RFC 6749, section 5.2).
    static let basic = #"Basic realm="OAuth""#
    /// A token was sent, and it is not valid (RFC 6750, section 3.1).
    static let bearerInvalid = #"Bearer error="invalid_token""#
}
