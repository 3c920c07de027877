import Endpoints
import Foundation
import HTTPTypes
import NIOCore
import RPC

/// How calls and replies look in HTTP: the only place that knows header fields and the envelope. The front uses one half of
/// it, the caller the other.
enum HTTPMapping {}

/// A response that is ready to be sent.
struct HTTPAnswer {
    var head: HTTPResponse
    var body: ByteBuffer
    /// What comes in place of the body, piece by piece.
    var pieces: AsyncStream<Data>?
}

extension HTTPMapping {
    /// A request to an endpoint, as a call. What cannot be translated becomes the call's fault.
    static func call(
        _ route: Route, path: [String: String], query: Substring?, body: Data, _ fields: RequestFields,
        received: ContinuousClock.Instant
    ) -> Call {
        var call = call(route.name, fields, received: received)
        if route.hasBody, !body.isEmpty { call.contentType = fields.contentType }
        do {
            call.body = try route.input(path: path, query: query, body: body)
        } catch {
            call.fault = error
        }
        return call
    }

    /// A request that leads to no endpoint, as a call: it is refused, logged and counted like any other.
    static func stray(_ fault: Problem, _ fields: RequestFields, received: ContinuousClock.Instant) -> Call {
        var call = call("unknown", fields, received: received)
        call.fault = fault
        call.timeout = Dispatcher.longestDeadline
        return call
    }

    private static func call(_ name: String, _ fields: RequestFields, received: ContinuousClock.Instant) -> Call {
        Call(
            name, token: fields.token, trace: fields.trace ?? .root(), requestID: fields.requestID,
            timeout: fields.timeout, received: received, transport: .http,
            timing: fields.wantsTiming ? Timing() : nil, fault: fields.fault)
    }
}

extension HTTPMapping {
    /// The reply to a call, as a response.
    ///
    /// - Parameters:
    ///   - call: what is replied to; its ids go back.
    ///   - reply: the dispatcher's.
    ///   - envelope: whether a success is wrapped in `{"data": …}`.
    ///   - cache: for how long a success may be used again.
    ///   - allow: the methods that the path has, where the request's is none of them.
    /// - Returns: the response, still without `Date` and `Content-Length`.
    static func answer(
        to call: Call, _ reply: Reply, envelope: Bool, cache: Duration? = nil, allow: String? = nil
    ) -> HTTPAnswer {
        var answer: HTTPAnswer
        var caching = HTTPField.noStore
        switch reply {
        case .success(let status, let output):
            answer = HTTPAnswer(head: HTTPResponse(status: .init(integerLiteral: status)), body: ByteBuffer())
            answer.head.headerFields.reserveCapacity(8)
            if status != 204 {
                answer.body = envelope ? Envelope.wrap(output) : bare(output)
                answer.head.headerFields.append(.json)
            }
            if let cache { caching = .maxAge(cache) }
        case .failure(let problem):
            answer = failure(call, problem, allow: allow)
        }
        answer.head.headerFields.append(.noSniff)
        answer.head.headerFields.append(caching)
        answer.head.headerFields.append(HTTPField(name: .requestID, value: call.requestID ?? call.trace.traceID))
        answer.head.headerFields.append(HTTPField(name: .traceParent, value: call.trace.header))
        if let times = call.timing?.header {
            answer.head.headerFields.append(HTTPField(name: .serverTiming, value: times))
        }
        return answer
    }

    /// What a path answers to OPTIONS (RFC 9110, section 9.3.7).
    static func options(allow: String) -> HTTPAnswer {
        let fields: HTTPFields = [.allow: allow]
        return HTTPAnswer(head: HTTPResponse(status: .noContent, headerFields: fields), body: ByteBuffer())
    }

    private static func bare(_ output: Data) -> ByteBuffer {
        output.isEmpty ? ByteBuffer(staticString: "{}") : ByteBuffer(bytes: output)
    }

    private static func failure(_ call: Call, _ problem: Problem, allow: String?) -> HTTPAnswer {
        var fields = HTTPFields()
        fields.append(.problemJSON)
        if problem.status == 401 { fields.append(call.token == nil ? .bearer : .bearerInvalid) }
        if problem.isUnprocessed { fields.append(.notProcessed) }
        if let allow { fields[.allow] = allow }
        if let pause = problem.retryAfter { fields[.retryAfter] = String(seconds(pause)) }
        let head = HTTPResponse(status: .init(integerLiteral: problem.status), headerFields: fields)
        return HTTPAnswer(head: head, body: ByteBuffer(bytes: problem.json(traceID: call.trace.traceID)))
    }

    /// Whole seconds, rounded up, at least one (RFC 9110, section 10.2.3).
    private static func seconds(_ duration: Duration) -> Int {
        let (seconds, attoseconds) = duration.components
        return max(1, Int(seconds) + (attoseconds > 0 ? 1 : 0))
    }
}
