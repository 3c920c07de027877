public import RPC
import Synchronization

/// Keeps the calls that were replied to, in the order of their replies.
public final class Journal: CallObserver {
    /// A call and the status of its reply.
    public struct Line: Sendable, Equatable {
        public let endpoint: String
        public let status: Int
        public let trace: TraceContext
        public let requestID: String?
        public let transport: Transport
    }

    private let lines = Mutex<[Line]>([])

    public init() {}

    public var all: [Line] { lines.withLock { $0 } }

    public func didReply(to call: Call, with reply: Reply) {
        let line = Line(
            endpoint: call.endpoint, status: reply.status, trace: call.trace, requestID: call.requestID,
            transport: call.transport)
        lines.withLock { $0.append(line) }
    }
}
