import Endpoints
import Foundation
import RPC

extension Headers {
    /// The head of a request.
    ///
    /// - Parameter sent: when it is written, by ``SendClock/reading()``.
    init(_ call: Call, sent: String) {
        self.init(call.endpoint)
        add(.sent, sent)
        add(.token, call.token)
        add(.traceparent, call.trace.header)
        add(.tracestate, call.trace.state)
        add(.requestID, call.requestID)
        add(.origin, call.origin)
        add(.contentType, call.contentType)
    }

    /// The head of a reply.
    init(_ reply: Reply, to call: Call) {
        self.init(String(reply.status))
        add(.requestID, call.requestID)
        add(.serverTiming, call.timing?.header)
        switch reply {
        case .success(_, _, let contentType): add(.contentType, contentType)
        case .failure(let problem):
            add(.contentType, Problem.contentType)
            if problem.isUnprocessed { add(.processed, "no") }
        }
    }
}

extension Call {
    /// Reads a request.
    init(_ preamble: Preamble, _ head: Headers, _ body: Data) {
        self.init(
            head.line, body: body, contentType: body.isEmpty ? nil : head[.contentType],
            token: Call.token(head[.token], authorization: head[.authorization]),
            trace: head[.traceparent].flatMap { TraceContext(header: $0, state: head[.tracestate]) } ?? .root(),
            requestID: head[.requestID], origin: head[.origin],
            timeout: preamble.time == 0 ? nil : .milliseconds(Int(preamble.time)), transport: .zeroMQ,
            timing: preamble.flags.contains(.timed) ? ReportedTimings() : nil)
    }

    /// Reads a request that breaks the protocol and will be refused, but by its own name.
    init(faulty preamble: Preamble, _ head: Headers) {
        self.init(preamble, head, Data())
        if !head.namesEndpoint { endpoint = Call.unknownEndpoint }
    }
}

extension RPCMessage {
    /// The reply to a call.
    init(_ reply: Reply, to call: Call, id: UInt64) {
        self.init(
            Preamble(.reply, id: id, time: reply.retryAfter), Headers(reply, to: call),
            body: reply.body(traceID: call.trace.traceID))
    }
}

extension Reply {
    /// The third frame of the reply.
    func body(traceID: @autoclosure () -> String) -> Data {
        switch self {
        case .success(_, let body, let contentType): body.isEmpty && contentType == nil ? Data("{}".utf8) : body
        case .failure(let problem): problem.json(traceID: traceID())
        }
    }

    /// After how many milliseconds a retry makes sense; 0 for none.
    var retryAfter: UInt32 {
        guard case .failure(let problem) = self, let time = problem.retryAfter else { return 0 }
        return UInt32(clamping: time.nanoseconds / 1_000_000)
    }

    /// Reads what a server has sent.
    init(_ preamble: Preamble, _ head: Headers, body: Data) {
        guard let status = Int(head.line), (100...599).contains(status) else {
            self = .failure(Problem(.unavailable, "The peer's answer has no status."))
            return
        }
        guard status >= 400 else {
            let contentType = head[.contentType].flatMap { $0.hasPrefix("application/json") ? nil : $0 }
            self = .success(status: status, body: body, contentType: contentType)
            return
        }
        self = .failure(
            Problem(
                status: status, json: body, retryAfter: preamble.time == 0 ? nil : .milliseconds(Int(preamble.time)),
                isUnprocessed: head[.processed] == "no"))
    }
}
