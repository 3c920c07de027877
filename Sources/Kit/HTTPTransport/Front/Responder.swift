import Endpoints
import Foundation
import HTTPTypes
import HummingbirdCore
import NIOCore
import RPC
import Synchronization

/// Answers the requests of all connections: it reads, has ``HTTPMapping`` translate and the dispatcher answer, and writes.
final class Responder: Sendable {
    private enum Phase: UInt8, AtomicRepresentable {
        case open, draining, stopping
    }

    let connections = Connections()

    private let dispatcher: Dispatcher
    private let routes: Routes
    private let bodyLimit: Int
    private let date = DateField()
    private let phase = Atomic<Phase>(.open)

    /// For how long the rest of a body that is too large is read and dropped.
    private static let lingering = Duration.seconds(2)

    init(_ dispatcher: Dispatcher, pages: [Page], bodyLimit: Int) throws(RouteConflict) {
        self.dispatcher = dispatcher
        self.bodyLimit = bodyLimit
        routes = try Routes(dispatcher.contracts, pages: pages)
    }

    /// From now on each response asks the client to leave.
    func drain() {
        phase.store(.draining, ordering: .relaxed)
    }

    /// From now on calls are refused, except those of the kit itself.
    func stop() {
        phase.store(.stopping, ordering: .relaxed)
    }

    /// Answers one request. When it throws, the connection is closed.
    @concurrent
    func respond(_ request: Request, _ writer: consuming ResponseWriter, _ channel: any Channel) async throws {
        let received = ContinuousClock.now
        let fields = RequestFields(request.headers)
        guard fields.hasBody else {
            let answer = await answer(request, fields, .success(Data()), received, channel)
            return try await writer.write(response: answer.head, body: content(of: answer, to: request.method))
        }
        var upload = Upload(request.body, declared: fields.contentLength, limit: bodyLimit)
        if fields.expectsContinue, !upload.isTooLarge {
            try await writer.writeInformationalHead(HTTPResponse(status: .continue))
        }
        let body = try await read(&upload, by: received + Dispatcher.longestDeadline, channel)
        var answer = await answer(request, fields, body, received, channel)
        if upload.isTooLarge { answer.head.headerFields[.connection] = "close" }
        try await writer.write(response: answer.head, body: content(of: answer, to: request.method))
        if upload.isTooLarge {
            let ticket = Deadlines.shared.schedule(at: .now + Self.lingering) { channel.close(promise: nil) }
            defer { Deadlines.shared.cancel(ticket) }
            try await upload.drop()
            throw Upload.Broken()
        }
    }

    /// What is answered with what is not HTTP: it is refused, logged and counted like any other request.
    func unreadable() -> HTTPAnswer {
        let problem = Problem(.malformed, "This is not a request of HTTP/1.1.")
        let call = HTTPMapping.stray(problem, RequestFields([:]), received: .now)
        dispatcher.start(call, isolation: nil) { _, _ in }
        var answer = HTTPMapping.answer(to: call, .failure(problem), envelope: false)
        answer.head.headerFields.append(.close)
        return finished(answer)
    }

    /// Reads a body. A client that does not end it in time loses its connection.
    @concurrent
    private func read(
        _ upload: inout Upload, by deadline: ContinuousClock.Instant, _ channel: any Channel
    ) async throws -> Result<Data, Problem> {
        let ticket = Deadlines.shared.schedule(at: deadline) { channel.close(promise: nil) }
        defer { Deadlines.shared.cancel(ticket) }
        let body = try await upload.read()
        guard !upload.isTooLarge else {
            return .failure(Problem(.tooLarge, "The body is larger than \(bodyLimit) bytes."))
        }
        return .success(Data(body.readableBytesView))
    }

    private func answer(
        _ request: Request, _ fields: RequestFields, _ body: Result<Data, Problem>, _ received: ContinuousClock.Instant,
        _ channel: any Channel
    ) async -> HTTPAnswer {
        let target = Target(request.head.path ?? "/")
        var answer: HTTPAnswer
        switch routes.destination(request.method, target.path) {
        case .endpoint(let route, let path):
            var call = HTTPMapping.call(
                route, path: path, query: target.query, body: (try? body.get()) ?? Data(), fields, received: received)
            if case .failure(let problem) = body { call.fault = problem }
            let reply = await reply(to: call, channel)
            let shape = route.endpoint.http
            answer = HTTPMapping.answer(to: call, reply, envelope: shape.envelope, cache: shape.cache)
        case .nowhere(let problem, let allow):
            let call = HTTPMapping.stray(problem, fields, received: received)
            answer = HTTPMapping.answer(to: call, await reply(to: call, channel), envelope: false, allow: allow)
        case .options(let allow): answer = HTTPMapping.options(allow: allow)
        case .page(let page): answer = await HTTPMapping.answer(page, accept: request.headers[.accept])
        }
        if phase.load(ordering: .relaxed) != .open { answer.head.headerFields.append(.close) }
        return finished(answer)
    }

    private func finished(_ answer: HTTPAnswer) -> HTTPAnswer {
        var answer = answer
        answer.head.headerFields.append(date.now)
        if answer.head.status != .noContent, answer.pieces == nil {
            let length = String(answer.body.readableBytes)
            answer.head.headerFields.append(HTTPField(name: .contentLength, value: length))
        }
        return answer
    }

    private func reply(to call: Call, _ channel: any Channel) async -> Reply {
        var call = call
        if phase.load(ordering: .relaxed) == .stopping, !call.endpoint.hasPrefix("_") {
            call.fault = Problem(
                .notReady, "The service is stopping.", retryAfter: .seconds(1), isUnprocessed: true)
        }
        let connection = connections[channel]
        call.origin = connection?.origin
        let reply = await withCheckedContinuation { continuation in
            let running = dispatcher.start(call, isolation: nil) { reply, _ in continuation.resume(returning: reply) }
            // A connection that is not there any more has nobody who waits.
            if let connection { connection.attach(running) } else { running.cancel() }
        }
        connection?.attach(nil)
        return reply
    }

    /// A HEAD is answered like a GET, without the body (RFC 9110, section 9.3.2).
    private func content(of answer: HTTPAnswer, to method: HTTPRequest.Method) -> ResponseBody {
        guard method != .head else { return ResponseBody() }
        if let pieces = answer.pieces { return content(of: pieces) }
        return answer.body.readableBytes == 0 ? ResponseBody() : ResponseBody(byteBuffer: answer.body)
    }

    private func content(of pieces: AsyncStream<Data>) -> ResponseBody {
        ResponseBody { writer in
            for await piece in pieces {
                try await writer.write(ByteBuffer(bytes: piece))
                guard self.phase.load(ordering: .relaxed) == .open else { break }
            }
            try await writer.finish(nil)
        }
    }
}
