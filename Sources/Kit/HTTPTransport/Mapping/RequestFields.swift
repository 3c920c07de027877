import Endpoints
import NIOHTTP1
import RPC

/// What a request's header says to the kit, read in one pass. A token must not be sent twice, for somebody before this service
/// might read the other one; of any other field the last holds.
struct RequestFields {
    private(set) var trace: TraceContext?
    private(set) var requestID: String?
    private(set) var timeout: Duration?
    private(set) var contentType: String?
    private(set) var contentLength: Int?
    private(set) var expectsContinue = false
    private(set) var wantsTiming = false
    /// What is wrong with the fields, where something is.
    private(set) var fault: Problem?

    private var hosts = 0
    private var ownToken: String?
    private var authorization: String?
    private var isChunked = false

    /// Bytes of all fields together; as many as the head of a call over ZeroMQ may have.
    private static let longest = 16 * 1024

    /// - Parameter needsHost: whether there must be one `Host`, as in HTTP/1.1 (RFC 9112, section 3.2). Never are there two.
    init(_ headers: HTTPHeaders, needsHost: Bool) {
        var size = 0
        for (name, value) in headers {
            size += name.utf8.count + value.utf8.count + 4
            read(name, value)
        }
        if hosts > 1 || (needsHost && hosts == 0) { fault = Problem(.malformed, "A request has one Host header.") }
        if size > Self.longest { fault = .headTooLarge }
    }

    private mutating func read(_ name: String, _ value: String) {
        if name.isField(Header.token) {
            take(name, value, as: \.ownToken)
        } else if name.isField(Header.authorization) {
            take(name, value, as: \.authorization)
        } else if name.isField(Header.traceParent) {
            trace = TraceContext(header: value)
        } else if name.isField(Header.requestID) {
            requestID = value
        } else if name.isField(Header.timeout) {
            readTimeout(value)
        } else if name.isField(Header.contentType) {
            contentType = value.isEmpty ? nil : value
        } else if name.isField(Header.contentLength) {
            contentLength = Int(value)
        } else if name.isField(Header.transferEncoding) {
            isChunked = true
        } else if name.isField(Header.prefer) {
            readPreferences(value)
        } else if name.isField(Header.host) {
            hosts += 1
        } else if name.isField(Header.expect) {
            expectsContinue = value.lowercased() == "100-continue"
        }
    }

    /// Whether the body is a form.
    var isForm: Bool {
        contentType?.prefix { $0 != ";" && $0 != " " }.lowercased() == "application/x-www-form-urlencoded"
    }

    var token: String? { Call.token(ownToken, authorization: authorization) }

    /// Whether a body follows (RFC 9112, section 6.3).
    var hasBody: Bool { isChunked || contentLength ?? 0 > 0 }

    private mutating func take(_ name: String, _ value: String, as place: WritableKeyPath<Self, String?>) {
        if self[keyPath: place] != nil { fault = Problem(.malformed, "The header \(name) stands twice.") }
        self[keyPath: place] = value
    }

    private mutating func readTimeout(_ text: String) {
        let digits = text.utf8.allSatisfy { $0 >= UInt8(ascii: "0") && $0 <= UInt8(ascii: "9") }
        guard digits, let milliseconds = Int(text), milliseconds > 0 else {
            fault = Problem(.malformed, "The header \(Header.timeout) must be a positive whole number of milliseconds.")
            return
        }
        timeout = min(.milliseconds(milliseconds), Dispatcher.longestDeadline)
    }

    /// Preferences that are not known are passed over (RFC 7240, section 2).
    private mutating func readPreferences(_ text: String) {
        let words = text.split { $0 == "," || $0 == ";" || $0 == " " }
        wantsTiming = wantsTiming || words.contains { $0.lowercased() == Header.serverTiming.lowercased() }
    }
}

extension Problem {
    static let headTooLarge = Problem(.tooLarge, "The head has more than 16 KiB.")
}
