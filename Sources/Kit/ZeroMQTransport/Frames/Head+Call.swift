import Endpoints
import Foundation
import RPC

extension Head {
    /// The head of a request.
    init(_ call: Call) {
        self.init(call.endpoint)
        add(.token, call.token)
        add(.traceparent, call.trace.header)
        add(.requestID, call.requestID)
        add(.origin, call.origin)
        add(.contentType, call.contentType)
    }

    /// The token as `x-token`, or after the word Bearer in `authorization`.
    var bearer: String? {
        if let token = self[.token], !token.isEmpty { return token }
        guard let authorization = self[.authorization], authorization.prefix(7).lowercased() == "bearer " else {
            return nil
        }
        return String(authorization.dropFirst(7).drop { $0 == " " })
    }

    /// The head of a reply.
    init(_ reply: Reply, to call: Call) {
        self.init(String(reply.status))
        add(.requestID, call.requestID)
        add(.serverTiming, call.timing?.header)
        guard case .failure(let problem) = reply else { return }
        add(.contentType, Problem.contentType)
        if problem.isUnprocessed { add(.processed, "no") }
    }
}

extension Reply {
    /// The third frame of the reply.
    func body(traceID: @autoclosure () -> String) -> Data {
        switch self {
        case .success(_, let body): body.isEmpty ? Data("{}".utf8) : body
        case .failure(let problem): problem.json(traceID: traceID())
        }
    }

    /// After how many milliseconds a retry makes sense; 0 for none.
    var retryAfter: UInt32 {
        guard case .failure(let problem) = self, let time = problem.retryAfter else { return 0 }
        return UInt32(clamping: Int(time / .milliseconds(1)))
    }

    /// Reads what a server has sent.
    init(_ preamble: Preamble, _ head: Head, body: Data) {
        guard let status = Int(head.line), (100...599).contains(status) else {
            self = .failure(Problem(.unavailable, "The peer's answer has no status."))
            return
        }
        guard status >= 400 else {
            self = .success(status: status, body: body)
            return
        }
        self = .failure(
            Problem(
                status: status, json: body, retryAfter: preamble.time == 0 ? nil : .milliseconds(Int(preamble.time)),
                isUnprocessed: head[.processed] == "no"))
    }
}
