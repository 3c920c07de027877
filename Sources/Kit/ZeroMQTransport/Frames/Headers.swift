import Endpoints
import Foundation
import RPC

/// The second frame of every message: a line of its own, then lines `name: value`.
package struct Headers: Equatable, Sendable {
    /// The header names that mean something here. Others are checked for their form and ignored.
    package enum HeaderName: String, Sendable, CaseIterable {
        case token = "x-token"
        case authorization
        case traceparent
        case tracestate
        case contentType = "content-type"
        case requestID = "x-request-id"
        case origin = "x-origin"
        case sent
        case processed
        case serverTiming = "server-timing"
        case service
        case version
        case contract
        case serverInstance = "server-instance"
        case maxBody = "max-body"
        case maxInFlight = "max-inflight"
        case epoch
        case sequence
    }

    package struct HeaderField: Equatable, Sendable {
        package let name: HeaderName
        package let value: String
    }

    /// The endpoint's name in a request, the status in a reply, nothing in any other message.
    package let line: String
    package private(set) var fields: [HeaderField]

    /// - Parameter capacity: the number of headers that are expected.
    package init(_ line: String = "", capacity: Int = 0) {
        self.line = line
        fields = []
        fields.reserveCapacity(capacity)
    }

    /// True if the line has the form of an endpoint's name: `^[a-z0-9_.]{1,128}$`.
    package var namesEndpoint: Bool {
        var line = line
        return line.withUTF8 { (1...128).contains($0.count) && Self.endpointBytes.contain($0) }
    }

    package subscript(_ name: HeaderName) -> String? {
        // An element that is passed on is copied, with its text.
        fields.firstIndex { $0.name == name }.map { fields[$0].value }
    }

    /// Adds a header, unless there is no value, or one that the wire cannot carry.
    package mutating func add(_ name: HeaderName, _ value: String?) {
        guard let value, !Headers.isForbidden(value) else { return }
        fields.append(HeaderField(name: name, value: value))
    }

    /// The frame; empty if there is nothing to send.
    package var bytes: [UInt8] {
        guard !line.isEmpty || !fields.isEmpty else { return [] }
        var bytes: [UInt8] = []
        bytes.reserveCapacity(
            fields.reduce(line.utf8.count + 1) { $0 + $1.name.rawValue.utf8.count + $1.value.utf8.count + 3 })
        bytes += line.utf8
        bytes.append(UInt8(ascii: "\n"))
        for field in fields {
            bytes += field.name.rawValue.utf8
            bytes.append(UInt8(ascii: ":"))
            bytes.append(UInt8(ascii: " "))
            bytes += field.value.utf8
            bytes.append(UInt8(ascii: "\n"))
        }
        return bytes
    }
}

extension Headers {
    package static let maxSize = 16 * 1024
    package static let maxFields = 32

    /// The reason why a head cannot be read.
    package enum HeaderError: Error, Equatable {
        case tooLarge
        case malformed(String)
    }

    /// Reads a frame.
    ///
    /// - Throws: ``HeaderError/tooLarge`` above 16 KiB, ``HeaderError/malformed(_:)`` if it breaks the protocol.
    package init(_ frame: UnsafeRawBufferPointer) throws(HeaderError) {
        guard frame.count <= Self.maxSize else { throw .tooLarge }
        let scanner = HeaderScanner(frame)
        guard !scanner.hasControl else { throw .malformed("The head holds a CR or a NUL.") }
        guard scanner.isASCII || String(validating: frame, as: UTF8.self) != nil else {
            throw .malformed("The head is not UTF-8.")
        }
        var lines = HeadLines(frame)
        let line = lines.next() ?? UnsafeRawBufferPointer(rebasing: frame[0..<0])
        self.init(String(decoding: line, as: UTF8.self), capacity: 8)
        var count = 0
        while let line = lines.next() {
            count += 1
            guard count <= Self.maxFields else { throw .malformed("The head has more than 32 headers.") }
            try read(line)
        }
    }

    private mutating func read(_ line: UnsafeRawBufferPointer) throws(HeaderError) {
        let colon = line.firstOffset(of: UInt8(ascii: ":")) ?? 0
        let bytes = UnsafeRawBufferPointer(rebasing: line[..<colon])
        guard !bytes.isEmpty, Self.nameBytes.contain(bytes) else {
            throw .malformed("A header is not of the form “name: value” with its name in lower case.")
        }
        guard let name = Self.name(bytes) else { return }
        guard !fields.contains(where: { $0.name == name }) else {
            throw .malformed("Duplicate header \(name.rawValue).")
        }
        var start = colon + 1
        while start < line.count, line[start] == UInt8(ascii: " ") { start += 1 }
        let value = UnsafeRawBufferPointer(rebasing: line[start...])
        fields.append(HeaderField(name: name, value: String(decoding: value, as: UTF8.self)))
    }

    /// The names as bytes, so that reading a head makes no strings but the values.
    private static let names = HeaderName.allCases.map { (name: $0, bytes: Array($0.rawValue.utf8)) }

    private static func name(_ bytes: UnsafeRawBufferPointer) -> HeaderName? {
        for (name, known) in names where known.count == bytes.count && bytes.elementsEqual(known) { return name }
        return nil
    }

    private static let endpointBytes = TokenCharacters("abcdefghijklmnopqrstuvwxyz0123456789_.")
    /// The characters of a token in HTTP (RFC 9110, section 5.6.2), without upper case.
    private static let nameBytes = TokenCharacters("abcdefghijklmnopqrstuvwxyz0123456789-!#$%&'*+.^_`|~")

    private static func isForbidden(_ value: String) -> Bool {
        var value = value
        return value.withUTF8 { utf8 in
            let scanner = HeaderScanner(UnsafeRawBufferPointer(utf8))
            return scanner.hasControl || scanner.hasLineFeed
        }
    }
}

/// A set of ASCII characters.
private struct TokenCharacters {
    /// For each byte, whether it is one of them.
    private let members: [Bool]

    init(_ characters: String) {
        members = (0...UInt8.max).map(characters.utf8.contains)
    }

    func contain(_ bytes: some Sequence<UInt8>) -> Bool {
        bytes.allSatisfy { members[Int($0)] }
    }
}

/// The classes of bytes, found without a branch for each.
private struct HeaderScanner {
    private(set) var hasControl = false
    private(set) var hasLineFeed = false
    private(set) var isASCII = true

    init(_ bytes: UnsafeRawBufferPointer) {
        var (all, controls, lineFeeds) = (UInt8(0), UInt8(0), UInt8(0))
        for byte in bytes {
            all |= byte
            controls |= (byte == 0 ? 1 : 0) | (byte == UInt8(ascii: "\r") ? 1 : 0)
            lineFeeds |= byte == UInt8(ascii: "\n") ? 1 : 0
        }
        hasControl = controls != 0
        hasLineFeed = lineFeeds != 0
        isASCII = all < 0x80
    }
}

/// The lines of a head. The last may lack its end; what follows the last end is no line.
struct HeadLines {
    private let frame: UnsafeRawBufferPointer
    private var start = 0

    init(_ frame: UnsafeRawBufferPointer) {
        self.frame = frame
    }

    mutating func next() -> UnsafeRawBufferPointer? {
        guard start < frame.count else { return nil }
        let rest = UnsafeRawBufferPointer(rebasing: frame[start...])
        let length = rest.firstOffset(of: UInt8(ascii: "\n")) ?? rest.count
        start += length + 1
        return UnsafeRawBufferPointer(rebasing: rest[..<length])
    }
}

extension UnsafeRawBufferPointer {
    fileprivate func firstOffset(of byte: UInt8) -> Int? {
        guard let first = baseAddress, let found = memchr(first, Int32(byte), count) else { return nil }
        return UnsafeRawPointer(found) - first
    }
}

extension Headers {
    /// The head of a request.
    ///
    /// - Parameter sent: when it is written, by ``SendClock/reading()``.
    init(_ call: Call, sent: String) {
        self.init(call.endpoint, capacity: 8)
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
        // A closure would keep all that it names of the call.
        let trace = call.trace
        self.init(
            Preamble(.reply, id: id, time: reply.retryAfter), Headers(reply, to: call),
            body: reply.body(traceID: trace.traceID))
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
