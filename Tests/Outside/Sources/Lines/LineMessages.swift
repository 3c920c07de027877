import Endpoints
import Foundation
import NIOCore
import RPC

extension Transport {
    static let lines = Transport("lines")
}

/// A line from a caller: a call; or, without an endpoint, the end of the call of that number.
struct CallLine: Codable {
    var id: Int
    var endpoint: String?
    /// JSON has it as base64, since it may be bytes that are no text.
    var body: Data?
    var contentType: String?
    var token: String?
    var traceparent: String?
    var tracestate: String?
    var requestID: String?
    var origin: String?
    var milliseconds: Int64?
    var wantsTiming: Bool?

    static func cancellation(of id: Int) -> CallLine { CallLine(id: id) }
}

extension CallLine {
    init(_ id: Int, _ call: Call, remaining: Duration) {
        self.init(
            id: id, endpoint: call.endpoint, body: call.body, contentType: call.contentType, token: call.token,
            traceparent: call.trace.header, tracestate: call.trace.state, requestID: call.requestID,
            origin: call.origin,
            milliseconds: Int64(remaining / .milliseconds(1)), wantsTiming: call.timing.map { _ in true })
    }

    /// The call, with the problem of a body that is too large.
    ///
    /// - Returns: `nil` for a cancellation.
    func call(received: ContinuousClock.Instant, bodyLimit: Int) -> Call? {
        guard let endpoint else { return nil }
        let body = body ?? Data()
        let isTooLarge = body.count > bodyLimit
        return Call(
            endpoint, body: isTooLarge ? Data() : body, contentType: contentType, token: token,
            trace: traceparent.flatMap { TraceContext(header: $0, state: tracestate) } ?? .root(),
            requestID: requestID, origin: origin, timeout: milliseconds.map { .milliseconds($0) }, received: received,
            transport: .lines, timing: wantsTiming == true ? ReportedTimings() : nil,
            rejection: isTooLarge ? Problem(.tooLarge, "The body is larger than \(bodyLimit) bytes.") : nil)
    }
}

/// A line from a service: the reply to the call of that number.
struct ReplyLine: Codable {
    var id: Int
    var status: Int
    /// The output, or the problem.
    var body: Data
    var contentType: String?
    var retryMilliseconds: Int64?
    var isUnprocessed: Bool?
    var timing: String?
}

extension ReplyLine {
    init(_ id: Int, _ reply: Reply, to call: Call) {
        switch reply {
        case .success(let status, let body, let contentType):
            self.init(id: id, status: status, body: body, contentType: contentType)
        case .failure(let problem):
            self.init(
                id: id, status: problem.status, body: problem.json(traceID: call.trace.traceID),
                retryMilliseconds: problem.retryAfter.map { Int64($0 / .milliseconds(1)) },
                isUnprocessed: problem.isUnprocessed)
        }
        timing = call.timing?.header
    }

    var reply: Reply {
        guard status >= 300 else { return .success(status: status, body: body, contentType: contentType) }
        let retryAfter = retryMilliseconds.map { Duration.milliseconds($0) }
        return .failure(
            Problem(status: status, json: body, retryAfter: retryAfter, isUnprocessed: isUnprocessed == true))
    }
}

extension Encodable {
    /// The value as JSON, with the end of a line.
    func line() throws -> ByteBuffer {
        var buffer = ByteBuffer(bytes: try JSONEncoder().encode(self))
        buffer.writeInteger(UInt8(ascii: "\n"))
        return buffer
    }
}

/// Cuts what comes into lines.
struct LineReader {
    private var unread = ByteBuffer()
    /// So many bytes are known to hold no end of a line.
    private var searched = 0

    /// The lines that are whole now, each without its end.
    mutating func lines(adding more: ByteBuffer) -> [Data] {
        unread.writeImmutableBuffer(more)
        var lines: [Data] = []
        while let end = unread.readableBytesView.dropFirst(searched).firstIndex(of: UInt8(ascii: "\n")) {
            let line = unread.readSlice(length: end - unread.readerIndex) ?? ByteBuffer()
            lines.append(Data(line.readableBytesView))
            unread.moveReaderIndex(forwardBy: 1)
            searched = 0
        }
        searched = unread.readableBytes
        unread.discardReadBytes()
        return lines
    }
}
