import Endpoints
import Foundation
import NIOCore
import NIOHTTP1
import RPC
import Synchronization

/// A request whose body is there.
struct WholeRequest {
    let head: HTTPRequestHead
    let fields: RequestFields
    let body: Data
    let received: ContinuousClock.Instant
    /// The client's address, without its port.
    let origin: String?
    /// Why the body is not there.
    var fault: Problem?
}

/// Answers the requests of all connections: it has ``HTTPMapping`` translate and the dispatcher answer.
final class Responder: Sendable {
    /// Takes what makes the answer, to make it on the connection's own thread.
    typealias Deliver = @Sendable (_ makeAnswer: @escaping @Sendable () -> HTTPAnswer) -> Void

    let bodyLimit: Int

    private let date = DateField()
    private let dispatcher: Dispatcher
    private let routes: Routes
    private let isDraining = Atomic(false)

    init(_ dispatcher: Dispatcher, pages: [Page], bodyLimit: Int) throws(RouteConflict) {
        self.dispatcher = dispatcher
        self.bodyLimit = bodyLimit
        routes = try Routes(dispatcher.contracts, pages: pages)
    }

    /// Whether clients are asked to stay.
    var isOpen: Bool { !isDraining.load(ordering: .relaxed) }

    /// From now on each response asks the client to leave.
    func drain() {
        isDraining.store(true, ordering: .relaxed)
    }

    /// From now on calls are refused, too.
    func stop() {
        drain()
        dispatcher.beginStopping()
    }

    /// Answers one request.
    ///
    /// - Parameter deliver: called once, on any thread, perhaps before this returns.
    /// - Returns: the call, to cancel it with, where the request makes one.
    func answer(_ request: WholeRequest, deliver: @escaping Deliver) -> RunningCall? {
        let target = Target(request.head.uri)
        switch (routes.destination(request.head.method, target.path), request.fields.fault) {
        case (.endpoint(let route, let path), _):
            let shape = route.endpoint.http
            let call = HTTPMapping.call(route, path: path, query: target.query, request)
            return start(call, request) { reply, call in
                deliver {
                    self.finished(HTTPMapping.answer(to: call, reply, envelope: shape.envelope, cache: shape.cache))
                }
            }
        case (_, let fault?): return refuse(request, fault, deliver)
        case (.nowhere(let problem, let allow), nil): return refuse(request, problem, allow: allow, deliver)
        case (.options(let allow), nil): deliver { self.finished(HTTPMapping.options(allow: allow)) }
        case (.page(let page), nil):
            let accept = request.head.headers.first(name: Header.accept)
            Task {
                let answer = await HTTPMapping.answer(page, accept: accept)
                deliver { self.finished(answer) }
            }
        }
        return nil
    }

    /// Answers what is not HTTP: it is refused, logged and counted like any other request.
    func answer(to error: HTTPParserError) -> HTTPAnswer {
        let problem =
            error == .headerOverflow
            ? Problem.headTooLarge : Problem(.malformed, "This is not a request of HTTP/1.1.")
        let call = HTTPMapping.stray(problem, RequestFields([:], needsHost: false), received: .now)
        dispatcher.start(call, isolation: nil) { _, _ in }
        return finished(HTTPMapping.answer(to: call, .failure(problem), envelope: false))
    }

    private func refuse(
        _ request: WholeRequest, _ problem: Problem, allow: String? = nil, _ deliver: @escaping Deliver
    ) -> RunningCall {
        let call = HTTPMapping.stray(problem, request.fields, received: request.received)
        return start(call, request) { reply, call in
            deliver { self.finished(HTTPMapping.answer(to: call, reply, envelope: false, allow: allow)) }
        }
    }

    private func finished(_ answer: HTTPAnswer) -> HTTPAnswer {
        var answer = answer
        answer.headers.add(name: Header.date, value: date.now)
        if answer.status != .noContent, answer.pieces == nil {
            answer.headers.add(name: Header.contentLength, value: String(answer.body.readableBytes))
        }
        return answer
    }

    private func start(
        _ call: Call, _ request: WholeRequest, answer: @escaping @Sendable (Reply, Call) -> Void
    ) -> RunningCall {
        var call = call
        call.origin = request.origin
        if let fault = request.fault { call.fault = fault }
        return dispatcher.start(call, isolation: nil, answer: answer)
    }
}
