import Endpoints
import Foundation
import Gzip
import Logging
import Metrics
import NIOCore
import NIOHTTP1
import RPC
import Synchronization

/// A request with its body.
struct FullRequest {
    let head: RequestHead
    /// Empty if the response does not depend on it.
    let body: Data
    /// True if the client has sent a body, or will.
    let hasBody: Bool
    /// The instant from which the call's time counts.
    let received: ContinuousClock.Instant
    /// The instant at which it came, as far as that is known.
    let arrived: ContinuousClock.Instant
    /// The address of the other end of the connection, without its port.
    let origin: String?
    /// The reason why there is no body.
    var fault: Problem?
}

/// Responds to the requests of all connections: ``HTTPMapping`` translates, and the dispatcher replies.
final class Responder: Sendable {
    /// Receives a function that makes the response, to call it on the connection's own thread.
    typealias Deliver = @Sendable (_ makeResponse: @escaping @Sendable () -> HTTPResponse) -> Void

    let bodyLimit: Int
    let bodyBudget: BodyBudget
    /// The time that the body of a request may take to arrive.
    let bodyTimeout: Duration
    /// The time between two heartbeats of a stream.
    let heartbeatInterval: Duration

    /// The pauses of clients that were refused.
    let pauses = RefusalPauses()
    let delay = ReadingDelay()

    private let cors: CORSPolicy
    private let proxies: TrustedProxies
    private let date = DateCache()
    private let dispatcher: Dispatcher
    private let routes: Routes
    private let isDraining = Atomic(false)
    private let overload: Mutex<SparseLog>
    private let refusals: Counter

    init(_ dispatcher: Dispatcher, pages: [Page], settings: HTTPFront.FrontSettings) throws(RouteConflict) {
        self.dispatcher = dispatcher
        let service = dispatcher.contracts.first?.name ?? ""
        overload = Mutex(SparseLog(service, of: service))
        refusals = Counter(label: HTTPFront.refusedRequests, dimensions: [("service", service)])
        bodyLimit = settings.bodyLimit
        bodyBudget = BodyBudget(limit: settings.bodyMemoryLimit)
        bodyTimeout = settings.bodyTimeout
        heartbeatInterval = settings.heartbeatInterval
        cors = settings.cors
        proxies = settings.trustedProxies
        routes = try Routes(dispatcher.contracts, pages: pages)
    }

    /// False if clients should disconnect.
    var isOpen: Bool { !isDraining.load(ordering: .relaxed) }

    /// From now on each response closes its connection.
    func drain() {
        isDraining.store(true, ordering: .relaxed)
    }

    /// From now on calls are refused, too.
    func stop() {
        drain()
        dispatcher.beginStopping()
    }

    /// True if the response to a request may depend on its body. It does not if nothing accepts a body at the path, or if
    /// the head is a reason to refuse the request.
    func needsBody(_ head: RequestHead) -> Bool {
        guard case .endpoint(let route, _) = routes.destination(head.method, RequestTarget(head.target).path),
            route.hasBody
        else { return false }
        return dispatcher.needsBody(HTTPMapping.call(route, head.headers))
    }

    /// Responds to one request.
    ///
    /// - Parameters:
    ///   - willRefuse: called if the request is refused before it is read as a call, because that could not begin in good time.
    ///   - deliver: called once, on any thread, perhaps before this returns.
    /// - Returns: the call that the request makes, to cancel it with.
    func respond(
        to request: FullRequest, willRefuse: () -> Void, deliver: @escaping Deliver
    ) -> RunningCall? {
        let target = RequestTarget(request.head.target)
        let headers = request.head.headers
        switch (routes.destination(request.head.method, target.path), headers.fault) {
        case (.endpoint(let route, _), _) where isHopeless(request, route):
            overload.withLock { $0.warn("Requests are refused: more come than can be answered in time") }
            refusals.increment()
            willRefuse()
            deliver { self.complete(route.refusal, headers.origin) }
        case (.endpoint(let route, let path), _):
            return call(route, path, target.query, request, deliver)
        case (_, let fault?): return refuse(request, fault, deliver)
        case (.notFound(let problem, let allow), nil): return refuse(request, problem, allow: allow, deliver)
        case (.options(let allow), nil):
            deliver { self.complete(self.options(allow, headers), headers.origin) }
        case (.page(let page), nil) where page.isHypertext && target.hasLastSlash:
            deliver { self.complete(HTTPMapping.redirection(to: page, query: target.query), headers.origin) }
        case (.page(let page), nil):
            if let response = HTTPMapping.response(page, to: headers, at: baseURL(of: request)) {
                deliver { self.complete(response, headers.origin) }
            } else {
                Task {
                    guard let response = await HTTPMapping.made(page, for: headers) else { return }
                    deliver { self.complete(response, headers.origin) }
                }
            }
        }
        return nil
    }

    private func isHopeless(_ request: FullRequest, _ route: Route) -> Bool {
        guard dispatcher.hasBacklog || delay.isNotable, request.fault == nil else { return false }
        // The response will wait for the connection's thread as long as the request has.
        let start = request.arrived - request.arrived.duration(to: .now)
        return !dispatcher.canBegin(route.name, within: request.head.headers.timeout, since: start)
    }

    /// The response to what is not HTTP: it is refused, logged and counted like any other request.
    ///
    /// - Parameter origin: the address of the other end of the connection.
    func response(to fault: RequestFault, from origin: String?) -> HTTPResponse {
        let problem = Problem(fault)
        var call = HTTPMapping.unroutedCall(problem, RequestHeaders(), received: .now)
        call.origin = origin
        dispatcher.start(call, isolation: nil) { _, _ in }
        return complete(HTTPMapping.response(to: call, .failure(problem)), nil)
    }

    private func call(
        _ route: Route, _ path: [String: String], _ query: Substring?, _ request: FullRequest,
        _ deliver: @escaping Deliver
    ) -> RunningCall {
        let headers = request.head.headers
        return start(HTTPMapping.call(route, path: path, query: query, request), request) { reply, call in
            let make: @Sendable () -> HTTPResponse = {
                self.complete(HTTPMapping.response(to: call, reply, route.endpoint), headers.origin)
            }
            guard headers.acceptsGzip, reply.isLarge else { return deliver(make) }
            // Neither the service's thread nor the connection's is held up by this.
            Task {
                let response = make().compressed(for: headers)
                deliver { response }
            }
        }
    }

    private func refuse(
        _ request: FullRequest, _ problem: Problem, allow: String? = nil, _ deliver: @escaping Deliver
    ) -> RunningCall {
        let call = HTTPMapping.unroutedCall(problem, request.head.headers, received: request.received)
        let origin = request.head.headers.origin
        return start(call, request) { reply, call in
            deliver { self.complete(HTTPMapping.response(to: call, reply, allow: allow), origin) }
        }
    }

    private func options(_ allow: String, _ headers: RequestHeaders) -> HTTPResponse {
        var response = HTTPMapping.options(allow: allow)
        if headers.isPreflight {
            cors.addPreflight(to: &response.headers, methods: allow, fields: headers.preflightFields)
        }
        return response
    }

    /// Adds the fields that do not depend on the response.
    ///
    /// - Parameter origin: that of the page which has made the request.
    private func complete(_ response: HTTPResponse, _ origin: String?) -> HTTPResponse {
        var response = response
        response.headers.add(name: Header.date, value: date.now)
        cors.add(to: &response.headers, for: origin)
        return response
    }

    private func start(
        _ call: Call, _ request: FullRequest, completion: @escaping @Sendable (Reply, Call) -> Void
    ) -> RunningCall {
        var call = call
        call.origin = client(of: request)
        if !proxies.isEmpty {
            call.publicURL = { [proxies, origin = request.origin, headers = request.head.headers] in
                origin.flatMap { proxies.baseURL(of: $0, headers) }.map { String($0.text.dropLast()) }
            }
        }
        if let fault = request.fault { call.rejection = fault }
        return dispatcher.start(call, isolation: nil, completion: completion)
    }

    private func baseURL(of request: FullRequest) -> ForwardedURL? {
        request.origin.flatMap { proxies.baseURL(of: $0, request.head.headers) }
    }

    /// The address of the client that has made a request.
    private func client(of request: FullRequest) -> String? {
        let headers = request.head.headers
        return request.origin.map {
            proxies.client(of: $0, forwarded: headers.forwarded, forwardedFor: headers.forwardedFor)
        }
    }
}

extension Reply {
    /// True if it is worth a compression. Bytes as they are have mostly been compressed already.
    fileprivate var isLarge: Bool {
        if case .success(_, let body, contentType: nil) = self { body.count >= Gzip.minSize } else { false }
    }
}

extension Problem {
    fileprivate init(_ fault: RequestFault) {
        let limit = "\(RequestParser.maxSize / 1024) KiB"
        self =
            switch fault {
            case .malformed: Problem(.malformed, "This is not a request of HTTP/1.1.")
            case .targetTooLong: Problem(.targetTooLong, "The request line has more than \(limit).")
            case .headTooLarge: Problem(.headTooLarge, "The header fields have more than \(limit).")
            case .versionUnsupported: Problem(.unsupportedVersion, "This is a service of HTTP/1.1.")
            case .codingUnsupported: Problem(.unsupported, "The only transfer coding is chunked.")
            case .missingProxyHeader:
                Problem(.malformed, "A connection from this address begins with a header of the PROXY protocol.")
            case .malformedProxyHeader: Problem(.malformed, "The header of the PROXY protocol cannot be read.")
            }
    }
}

extension Problem.Kind {
    /// RFC 9110, section 15.5.9.
    static let requestTimeout = Self("request_timeout", status: 408, title: "Request Timeout")
    /// RFC 9110, section 15.5.15.
    static let targetTooLong = Self("uri_too_long", status: 414, title: "URI Too Long")
    /// RFC 9110, section 15.5.16.
    static let unsupportedCoding = Self(
        "unsupported_content_coding", status: 415, title: "Unsupported Content Coding")
    /// RFC 9110, section 15.5.18.
    static let expectationFailed = Self("expectation_failed", status: 417, title: "Expectation Failed")
    /// RFC 6585, section 5.
    static let headTooLarge = Self("header_fields_too_large", status: 431, title: "Request Header Fields Too Large")
}
