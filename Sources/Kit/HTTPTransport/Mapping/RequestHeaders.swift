import Endpoints
import Foundation
import RPC

/// The target of a request: a path without its last slash, and a query (RFC 9112, section 3.2).
struct RequestTarget {
    let path: String
    /// True if the path was sent with a last slash.
    let hasLastSlash: Bool
    let query: Substring?

    /// - Parameter text: in origin form, `/path?query`, or in absolute form, `http://host/path?query`.
    init(_ text: String) {
        let origin = text.utf8.first == UInt8(ascii: "/") ? text[...] : Self.origin(ofAbsolute: text)
        let mark = origin.utf8.firstIndex(of: UInt8(ascii: "?"))
        var path = origin[..<(mark ?? origin.endIndex)]
        hasLastSlash = path.utf8.last == UInt8(ascii: "/") && path.utf8.count > 1
        if hasLastSlash { path.removeLast() }
        self.path = String(path)
        query = mark.map { origin[origin.utf8.index(after: $0)...] }
    }

    private static func origin(ofAbsolute text: String) -> Substring {
        guard let scheme = ["http://", "https://"].first(where: text.lowercased().hasPrefix) else { return text[...] }
        let authority = text.dropFirst(scheme.count)
        guard let end = authority.utf8.firstIndex(where: { $0 == UInt8(ascii: "/") || $0 == UInt8(ascii: "?") }) else {
            return "/"
        }
        return authority[end] == "?" ? "/" + authority[end...] : authority[end...]
    }
}

/// The header fields of a request that mean something to the kit; others are passed over.
///
/// A token must not appear twice, because a proxy might have read the other one. Of any other field the last one
/// counts, unless its values form a list (RFC 9110, section 5.3).
struct RequestHeaders {
    /// The delimitation of the body (RFC 9112, section 6.3).
    enum Framing: Equatable {
        case length(Int)
        case chunked
    }

    private(set) var requestID: String?
    private(set) var timeout: Duration?
    private(set) var contentType: String?
    private(set) var accept: String?
    private var codings = AcceptedCodings()
    /// The origin of the page that makes the request.
    private(set) var origin: String?
    /// True if the request is a preflight of the CORS protocol.
    private(set) var isPreflight = false
    /// The header fields that the page of a preflight wants to send.
    private(set) var preflightFields: String?
    /// The entity tags that the client has, as they were sent.
    private(set) var ifNoneMatch: String?
    /// The values of `Forwarded` (RFC 7239), and of `X-Forwarded-For`.
    private(set) var forwarded: String?
    private(set) var forwardedFor: String?
    /// The values of `X-Forwarded-Host`, `-Proto` and `-Prefix`.
    private(set) var forwardedHost: String?
    private(set) var forwardedProto: String?
    private(set) var forwardedPrefix: String?
    private(set) var host: String?
    private(set) var framing = Framing.length(0)
    /// True if the client may wait for a response before it sends a body (RFC 9110, section 10.1.1).
    private(set) var expectsResponse = false
    private(set) var wantsTiming = false
    private(set) var wantsClose = false
    private(set) var wantsKeepAlive = false
    /// The reason why the request is refused, if its fields are at fault.
    private(set) var fault: Problem?

    private var traceParent: String?
    private var traceState: String?
    private var hosts = 0
    private var hasContentCoding = false
    private var ownToken: String?
    private var authorization: String?
    private var contentLengths: [String] = []
    private var transferCodings: [String] = []

    /// The fields that are read, by their names in lower case.
    private enum KnownField: String, CaseIterable {
        case accept
        case acceptEncoding = "accept-encoding"
        case authorization
        case connection
        case contentEncoding = "content-encoding"
        case contentLength = "content-length"
        case contentType = "content-type"
        case expect
        case forwarded
        case forwardedFor = "x-forwarded-for"
        case forwardedHost = "x-forwarded-host"
        case forwardedPrefix = "x-forwarded-prefix"
        case forwardedProto = "x-forwarded-proto"
        case host
        case ifNoneMatch = "if-none-match"
        case origin
        case prefer
        case preflight = "access-control-request-method"
        case preflightFields = "access-control-request-headers"
        case requestID = "x-request-id"
        case timeout = "x-timeout-ms"
        case token
        case traceParent = "traceparent"
        case traceState = "tracestate"
        case transferEncoding = "transfer-encoding"

        private var name: String { self == .token ? Header.token.lowercased() : rawValue }

        static let byName = Dictionary(uniqueKeysWithValues: allCases.map { ($0.name, $0) })
        static let maxNameLength = byName.keys.map(\.utf8.count).max() ?? 0
    }

    /// Reads a field.
    ///
    /// - Parameters:
    ///   - name: in any case (RFC 9110, section 5.1).
    ///   - value: without the whitespace around it.
    mutating func add(_ name: some Collection<UInt8>, _ value: some Collection<UInt8>) {
        guard name.count <= KnownField.maxNameLength, let field = KnownField.byName[Self.lowercased(name)] else {
            return
        }
        let value = String(decoding: value, as: UTF8.self)
        switch field {
        case .accept: append(value, to: \.accept)
        case .acceptEncoding: codings.add(value)
        case .authorization: set(\.authorization, value, Header.authorization)
        case .connection: readConnection(value)
        case .contentEncoding: hasContentCoding = hasContentCoding || !["", "identity"].contains(value.lowercased())
        case .contentLength: contentLengths.append(value)
        case .contentType: contentType = value.isEmpty ? nil : value
        case .expect: readExpectation(value)
        case .forwarded: append(value, to: \.forwarded)
        case .forwardedFor: append(value, to: \.forwardedFor)
        case .forwardedHost: append(value, to: \.forwardedHost)
        case .forwardedPrefix: append(value, to: \.forwardedPrefix)
        case .forwardedProto: append(value, to: \.forwardedProto)
        case .host:
            hosts += 1
            host = value
        case .ifNoneMatch: append(value, to: \.ifNoneMatch)
        case .origin: origin = value
        case .preflight: isPreflight = true
        case .preflightFields: append(value, to: \.preflightFields)
        case .prefer: readPreferences(value)
        case .requestID: requestID = value
        case .timeout: readTimeout(value)
        case .token: set(\.ownToken, value, Header.token)
        // Two are none, as two are in S1: a new trace begins.
        case .traceParent: traceParent = traceParent == nil ? value : ""
        case .traceState: append(value, to: \.traceState)
        case .transferEncoding: transferCodings.append(value)
        }
    }

    /// Checks the fields as a whole.
    ///
    /// - Returns: how the body is delimited.
    /// - Throws: ``RequestFault/malformed`` if that is unclear: then a proxy may have read another request than this
    /// one;   ``RequestFault/codingUnsupported``.
    mutating func end(of version: HTTPMinorVersion) throws(RequestFault) -> Framing {
        // RFC 9112, section 3.2.
        if hosts > 1 || (version == .one && hosts == 0) {
            fault = Problem(.malformed, "A request has one Host header.")
        } else if let host, !host.utf8.allSatisfy(Self.isHostCharacter) {
            fault = Problem(.malformed, "The header Host is no host with a port.")
        }
        // RFC 9110, section 10.1.1.
        if version == .zero { expectsResponse = false }
        switch (transferCodings.isEmpty, contentLengths.count) {
        case (true, 0): break
        case (true, 1): framing = .length(try length(contentLengths[0]))
        case (false, 0) where version == .one:
            try checkTransferCodings()
            framing = .chunked
        default: throw .malformed
        }
        if hasContentCoding, framing != .length(0) {
            fault = Problem(.unsupportedCoding, "A body comes without content coding.")
        }
        return framing
    }

    /// The only transfer coding is `chunked`, once and last (RFC 9112, sections 6.1 and 6.3).
    private func checkTransferCodings() throws(RequestFault) {
        let codings = transferCodings.joined(separator: ",").lowercased().split(separator: ",")
            .map { $0.filter { $0 != " " && $0 != "\t" } }
        guard codings.last == "chunked", codings.dropLast().allSatisfy({ $0 != "chunked" }) else { throw .malformed }
        if codings.count > 1 { throw .codingUnsupported }
    }

    private func length(_ text: String) throws(RequestFault) -> Int {
        guard !text.isEmpty, text.utf8.allSatisfy(Self.isDigit), let length = Int(text) else { throw .malformed }
        return length
    }

    /// The call's position in its trace, if it says so.
    var trace: TraceContext? { traceParent.flatMap { TraceContext(header: $0, state: traceState) } }

    /// True if the body is a form.
    var isForm: Bool {
        contentType?.prefix { $0 != ";" && $0 != " " }.lowercased() == "application/x-www-form-urlencoded"
    }

    /// The id and the secret that a client shows (RFC 6749, section 2.3.1); `nil` if it shows none.
    ///
    /// - Throws: ``Problem/Kind/malformed`` if they cannot be read.
    func clientCredentials() throws(Problem) -> (id: String, secret: String)? {
        guard let authorization, authorization.lowercased().hasPrefix("basic ") else { return nil }
        let encoded = authorization.dropFirst("basic ".count).filter { $0 != " " }
        guard let bytes = Data(base64Encoded: String(encoded)), let text = String(bytes: bytes, encoding: .utf8),
            let colon = text.firstIndex(of: ":"),
            let id = PercentEncoding.decode(text[..<colon], plusIsSpace: true),
            let secret = PercentEncoding.decode(text[colon...].dropFirst(), plusIsSpace: true)
        else { throw Problem(.malformed, "The header \(Header.authorization) cannot be read.") }
        return (id, secret)
    }

    /// True if the client takes content in gzip, and likes it no less than the content as it is.
    var acceptsGzip: Bool { codings.prefersGzip }

    var token: String? { Call.token(ownToken, authorization: authorization) }

    private mutating func set(_ place: WritableKeyPath<Self, String?>, _ value: String, _ name: String) {
        if self[keyPath: place] != nil { fault = Problem(.malformed, "Duplicate header \(name).") }
        self[keyPath: place] = value
    }

    private mutating func append(_ value: String, to place: WritableKeyPath<Self, String?>) {
        self[keyPath: place] = self[keyPath: place].map { $0 + "," + value } ?? value
    }

    /// An expectation that is not known cannot be met (RFC 9110, section 10.1.1).
    private mutating func readExpectation(_ value: String) {
        for expectation in value.lowercased().split(separator: ",").map({ $0.filter { $0 != " " && $0 != "\t" } }) {
            expectsResponse = true
            if expectation == "100-continue" { continue }
            fault = Problem(.expectationFailed, "The only expectation that can be met is 100-continue.")
        }
    }

    private mutating func readConnection(_ value: String) {
        for option in value.lowercased().split(whereSeparator: { $0 == "," || $0 == " " || $0 == "\t" }) {
            if option == Header.close { wantsClose = true }
            if option == Header.keepAlive { wantsKeepAlive = true }
        }
    }

    private mutating func readTimeout(_ text: String) {
        guard text.utf8.allSatisfy(Self.isDigit), let milliseconds = Int(text), milliseconds > 0 else {
            fault = Problem(.malformed, "The header \(Header.timeout) must be a positive whole number of milliseconds.")
            return
        }
        timeout = min(.milliseconds(milliseconds), Dispatcher.maxDeadline)
    }

    /// Preferences that are not known are passed over (RFC 7240, section 2).
    private mutating func readPreferences(_ text: String) {
        let words = text.split { $0 == "," || $0 == ";" || $0 == " " }
        wantsTiming = wantsTiming || words.contains { $0.lowercased() == Header.serverTiming.lowercased() }
    }

    /// The characters of a host with a port (RFC 3986, section 3.2.2).
    private static func isHostCharacter(_ byte: UInt8) -> Bool {
        byte > 0x20 && byte < 0x7F && !##""#/<>?@\^`{|}"##.utf8.contains(byte)
    }

    private static func isDigit(_ byte: UInt8) -> Bool { UInt8(ascii: "0")...UInt8(ascii: "9") ~= byte }

    private static func lowercased(_ name: some Collection<UInt8>) -> String {
        String(unsafeUninitializedCapacity: name.count) { bytes in
            for (index, byte) in name.enumerated() {
                bytes[index] = UInt8(ascii: "A")...UInt8(ascii: "Z") ~= byte ? byte | 0x20 : byte
            }
            return name.count
        }
    }
}
