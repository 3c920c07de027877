import Endpoints
public import Logging

/// Writes a line for each call: a debug line for a success, a notice for what the caller did wrong, an error for what the
/// service did. No line holds a token or a payload.
public struct LoggingInterceptor: Interceptor {
    private let logger: Logger

    public init(_ logger: Logger) {
        self.logger = logger
    }

    public func answered(_ call: Call, with reply: Reply) {
        let level: Logger.Level =
            switch reply.status {
            case ..<400: .debug
            case 500: .error
            default: .info
            }
        guard level >= logger.logLevel else { return }
        logger.log(level: level, "\(call.endpoint) \(reply.status)\(reason(reply))", metadata: metadata(call))
    }

    private func reason(_ reply: Reply) -> String {
        guard case .failure(let problem) = reply else { return "" }
        return " " + problem.kind.code
    }

    private func metadata(_ call: Call) -> Logger.Metadata {
        [
            "trace_id": .string(call.trace.traceID),
            "transport": .string(call.transport.rawValue),
            "milliseconds": .stringConvertible(call.received.duration(to: .now) / .milliseconds(1)),
        ]
    }
}
