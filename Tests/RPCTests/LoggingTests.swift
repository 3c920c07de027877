import Endpoints
import Foundation
import InMemoryLogging
import Logging
import RPC
import Testing

@Suite("The log of calls")
struct LoggingTests {
    private let log = InMemoryLogHandler()

    private func lines(level: Logger.Level = .debug, _ call: Call, _ replies: Reply...) -> [InMemoryLogHandler.Entry] {
        var logger = Logger(label: "test", factory: { _ in log })
        logger.logLevel = level
        let observer = LoggingObserver(logger)
        for reply in replies { observer.didReply(to: call, with: reply) }
        return log.entries
    }

    @Test("tells a handler's failure as an error, any other refusal as information, and a success to who looks closely")
    func levels() {
        let problems = [Problem.Kind.internal, .malformed, .permissionDenied, .tooManyRequests, .unavailable]
            .map { Reply.failure(Problem($0, "A detail.")) }
        let success = Reply.success(status: 200, body: Data())
        let call = Call("tea.pour", token: "t0ken")
        let lines = lines(call, success, problems[0], problems[1], problems[2], problems[3], problems[4])
        #expect(lines.map(\.level) == [.debug, .error, .info, .info, .info, .info])
        #expect(lines.prefix(3).map(\.message) == ["Call succeeded", "Call failed", "Call refused"])
        #expect(lines.allSatisfy { $0.metadata["endpoint"] == "tea.pour" })
        #expect(lines.prefix(3).map { $0.metadata["status"]?.description } == ["200", "500", "400"])
        #expect(lines.prefix(3).map { $0.metadata["code"] } == [nil, "internal", "malformed"])
        #expect(!String(reflecting: lines).contains("t0ken"))
    }

    @Test("names a call by its trace, and as its caller does, with the address that it comes from")
    func names() throws {
        let call = Call("tea.pour", requestID: "r-1", origin: "203.0.113.7", transport: .http)
        let line = try #require(lines(call, .success(status: 200, body: Data())).first)
        #expect(line.metadata["trace_id"] == .string(call.trace.traceID) && line.metadata["request_id"] == "r-1")
        #expect(line.metadata["transport"] == "http" && line.metadata["client"] == "203.0.113.7")
    }

    @Test("holds the service and the trace in each line of a handler, whatever the service is called")
    func handler() {
        let context = CallContext(endpoint: "tea.pour")
        #expect(context.logger[metadataKey: "service"] == "tea")
        #expect(context.logger[metadataKey: "trace_id"] == .string(context.trace.traceID))
        #expect(CallContext(endpoint: "tea.pour", service: "kitchen").logger[metadataKey: "service"] == "kitchen")
    }

    @Test(
        "has no name for a call whose caller gave none, or one that could not be printed",
        arguments: [nil, "", "a b"])
    func noName(_ requestID: String?) throws {
        let call = Call("tea.pour", requestID: requestID)
        let line = try #require(lines(call, .success(status: 200, body: Data())).first)
        #expect(line.metadata["request_id"] == nil)
    }
}
