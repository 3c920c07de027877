import Endpoints
import Foundation
import RPC

/// The second frame of every message: a line of its own, then lines `name: value`.
///
/// It is held as it goes over the wire, for each message has one: a value becomes a text when somebody asks for it.
package struct Headers: Sendable {
    /// The header names that mean something here. Others are checked for their form and ignored.
    package enum HeaderName: Int, Sendable, CaseIterable {
        case sent, token, traceparent, contentType, requestID, origin, authorization, tracestate, processed
        case serverTiming
        case service, version, contract, serverInstance, maxBody, maxInFlight, epoch, sequence
    }

    /// A line with its end; then the headers, each a line.
    private var frame: [UInt8] = []
    /// The end of the first line.
    private var lineEnd = 0
    /// The place of the value of each name; an empty one at the beginning of the frame if there is none.
    private var places = InlineArray<18, Place>(repeating: Place())

    private struct Place {
        var start: UInt32 = 0
        var end: UInt32 = 0
    }

    /// - Parameters:
    ///   - line: the endpoint's name in a request, the status in a reply, nothing in any other message.
    ///   - capacity: the number of bytes that are expected.
    package init(_ line: String = "", capacity: Int = 0) {
        frame.reserveCapacity(capacity)
        frame.append(text: line)
        lineEnd = frame.count
        frame.append(UInt8(ascii: "\n"))
    }

    /// The endpoint's name in a request, the status in a reply, nothing in any other message.
    package var line: String { text(0, lineEnd) }

    /// Lends the bytes of the line.
    func withLine<Value>(_ body: (UnsafeRawBufferPointer) -> Value) -> Value { withBytes(0, lineEnd, body) }

    /// True if the line has the form of an endpoint's name: `^[a-z0-9_.]{1,128}$`.
    package var namesEndpoint: Bool {
        (1...128).contains(lineEnd) && withLine { $0.allSatisfy(Self.isEndpointByte) }
    }

    package subscript(_ name: HeaderName) -> String? {
        let place = places[name.rawValue]
        return place.start > 0 ? text(Int(place.start), Int(place.end)) : nil
    }

    /// Lends the bytes of a value.
    ///
    /// - Returns: `nil` if there is none.
    func withValue<Value>(of name: HeaderName, _ body: (UnsafeRawBufferPointer) -> Value?) -> Value? {
        let place = places[name.rawValue]
        return place.start > 0 ? withBytes(Int(place.start), Int(place.end), body) : nil
    }

    private func text(_ start: Int, _ end: Int) -> String {
        withBytes(start, end) { String(decoding: $0, as: UTF8.self) }
    }

    private func withBytes<Value>(_ start: Int, _ end: Int, _ body: (UnsafeRawBufferPointer) -> Value) -> Value {
        frame.withUnsafeBytes { body(UnsafeRawBufferPointer(rebasing: $0[start..<end])) }
    }

    /// Adds a header, unless there is no value, or one that the wire cannot carry.
    package mutating func add(_ name: HeaderName, _ value: String?) {
        guard var value else { return }
        value.withUTF8 { text in
            let bytes = UnsafeRawBufferPointer(text)
            guard !bytes.hasControl, !bytes.has(UInt8(ascii: "\n")) else { return }
            frame.append(contentsOf: name.text.utf8)
            frame.append(UInt8(ascii: ":"))
            frame.append(UInt8(ascii: " "))
            let start = UInt32(frame.count)
            frame.append(contentsOf: text)
            places[name.rawValue] = Place(start: start, end: UInt32(frame.count))
            frame.append(UInt8(ascii: "\n"))
        }
    }

    /// The frame; empty if there is nothing to send.
    package var bytes: [UInt8] { frame.count > 1 ? frame : [] }
}

extension Headers: Equatable {
    package static func == (one: Headers, other: Headers) -> Bool { one.frame == other.frame }
}

extension Headers.HeaderName {
    /// The name as it is written.
    package init?(_ name: UnsafeRawBufferPointer) {
        guard let bytes = name.baseAddress else { return nil }
        for known in Self.allCases where known.text.utf8CodeUnitCount == name.count {
            guard memcmp(known.text.utf8Start, bytes, name.count) == 0 else { continue }
            self = known
            return
        }
        return nil
    }

    /// The name as it is written.
    var text: StaticString {
        switch self {
        case .token: "x-token"
        case .authorization: "authorization"
        case .traceparent: "traceparent"
        case .tracestate: "tracestate"
        case .contentType: "content-type"
        case .requestID: "x-request-id"
        case .origin: "x-origin"
        case .sent: "sent"
        case .processed: "processed"
        case .serverTiming: "server-timing"
        case .service: "service"
        case .version: "version"
        case .contract: "contract"
        case .serverInstance: "server-instance"
        case .maxBody: "max-body"
        case .maxInFlight: "max-inflight"
        case .epoch: "epoch"
        case .sequence: "sequence"
        }
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
    package init(_ bytes: UnsafeRawBufferPointer) throws(HeaderError) {
        guard bytes.count <= Self.maxSize else { throw .tooLarge }
        guard !bytes.hasControl else { throw .malformed("The head holds a CR or a NUL.") }
        guard bytes.isASCII || String(validating: bytes, as: UTF8.self) != nil else {
            throw .malformed("The head is not UTF-8.")
        }
        frame = Array(bytes)
        if frame.last != UInt8(ascii: "\n") { frame.append(UInt8(ascii: "\n")) }
        var lines = HeadLines(bytes)
        lineEnd = lines.next()?.count ?? 0
        var count = 0
        while let line = lines.next() {
            count += 1
            guard count <= Self.maxFields else { throw .malformed("The head has more than 32 headers.") }
            try read(line, of: bytes)
        }
    }

    private mutating func read(_ line: Range<Int>, of bytes: UnsafeRawBufferPointer) throws(HeaderError) {
        let length = UnsafeRawBufferPointer(rebasing: bytes[line]).firstOffset(of: UInt8(ascii: ":")) ?? 0
        let name = UnsafeRawBufferPointer(rebasing: bytes[line.lowerBound..<line.lowerBound + length])
        guard let known = HeaderName(name) else {
            guard !name.isEmpty, name.allSatisfy(Self.isNameByte) else {
                throw .malformed("A header is not of the form “name: value” with its name in lower case.")
            }
            return
        }
        guard places[known.rawValue].start == 0 else {
            throw .malformed("Duplicate header \(String(decoding: name, as: UTF8.self)).")
        }
        var start = line.lowerBound + length + 1
        while start < line.upperBound, bytes[start] == UInt8(ascii: " ") { start += 1 }
        places[known.rawValue] = Place(start: UInt32(start), end: UInt32(line.upperBound))
    }

    private static func isEndpointByte(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "0")...UInt8(ascii: "9"): true
        case UInt8(ascii: "_"), UInt8(ascii: "."): true
        default: false
        }
    }

    /// A character of a token in HTTP (RFC 9110, section 5.6.2), but no upper case.
    private static func isNameByte(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "0")...UInt8(ascii: "9"): true
        case UInt8(ascii: "-"), UInt8(ascii: "!"), UInt8(ascii: "#")...UInt8(ascii: "'"): true
        case UInt8(ascii: "*"), UInt8(ascii: "+"), UInt8(ascii: "."): true
        case UInt8(ascii: "^")...UInt8(ascii: "`"), UInt8(ascii: "|"), UInt8(ascii: "~"): true
        default: false
        }
    }
}

/// Finds the lines of a head. The last may lack its end; what follows the last end is no line.
struct HeadLines {
    private let frame: UnsafeRawBufferPointer
    private var start = 0

    init(_ frame: UnsafeRawBufferPointer) {
        self.frame = frame
    }

    /// The place of the next line, without its end.
    mutating func next() -> Range<Int>? {
        guard start < frame.count else { return nil }
        let rest = UnsafeRawBufferPointer(rebasing: frame[start...])
        let end = start + (rest.firstOffset(of: UInt8(ascii: "\n")) ?? rest.count)
        defer { start = end + 1 }
        return start..<end
    }
}

extension UnsafeRawBufferPointer {
    fileprivate var hasControl: Bool { has(0) || has(UInt8(ascii: "\r")) }

    /// Found without a branch for each byte.
    fileprivate var isASCII: Bool {
        var all: UInt8 = 0
        for byte in self { all |= byte }
        return all < 0x80
    }

    fileprivate func has(_ byte: UInt8) -> Bool { firstOffset(of: byte) != nil }

    fileprivate func firstOffset(of byte: UInt8) -> Int? {
        guard let first = baseAddress, let found = memchr(first, Int32(byte), count) else { return nil }
        return UnsafeRawPointer(found) - first
    }
}

extension StaticString {
    var utf8: UnsafeBufferPointer<UInt8> { UnsafeBufferPointer(start: utf8Start, count: utf8CodeUnitCount) }
}

extension [UInt8] {
    fileprivate mutating func append(text: String) {
        var text = text
        text.withUTF8 { append(contentsOf: $0) }
    }
}

extension Headers {
    /// The head of a request.
    ///
    /// - Parameter sent: when it is written, by ``SendClock/reading()``.
    init(_ call: Call, sent: String) {
        self.init(call.endpoint, capacity: 256 + (call.token?.utf8.count ?? 0))
        add(.sent, sent)
        add(.token, call.token)
        add(.traceparent, call.trace.header)
        add(.tracestate, call.trace.state)
        add(.requestID, call.requestID)
        add(.origin, call.origin)
        add(.contentType, call.contentType)
    }

    /// The head of a reply.
    static func reply(_ reply: Reply, to call: Call) -> Headers {
        let status = reply.status
        var head = Headers(status == 200 ? "200" : String(status), capacity: 64)
        head.add(.requestID, call.requestID)
        head.add(.serverTiming, call.timing?.header)
        switch reply {
        case .success(_, _, let contentType): head.add(.contentType, contentType)
        case .failure(let problem):
            head.add(.contentType, Problem.contentType)
            if problem.isUnprocessed { head.add(.processed, "no") }
        }
        return head
    }
}

extension Call {
    /// Reads a request.
    init(_ preamble: Preamble, _ head: Headers, _ body: Data) {
        self.init(
            head.line, body: body, contentType: body.isEmpty ? nil : head[.contentType],
            token: Call.token(head[.token], authorization: head[.authorization]),
            trace: head.withValue(of: .traceparent) { TraceContext(header: $0, state: head[.tracestate]) } ?? .root(),
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
    ///
    /// - Parameter maxBody: the largest body that the caller accepts, in bytes; in place of a larger one it gets a problem.
    static func reply(_ reply: Reply, to call: Call, id: UInt64, maxBody: Int = .max) -> RPCMessage {
        if case .success(_, let body, _) = reply, body.count > maxBody {
            let problem = Problem(.internal, "The reply has \(body.count) bytes; its caller accepts \(maxBody).")
            return .reply(.failure(problem), to: call, id: id)
        }
        // A closure would keep all that it names of the call.
        let trace = call.trace
        return RPCMessage(
            Preamble(.reply, id: id, time: reply.retryAfter), .reply(reply, to: call),
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

    /// The milliseconds after which a retry makes sense; 0 for none.
    var retryAfter: UInt32 {
        guard case .failure(let problem) = self, let time = problem.retryAfter else { return 0 }
        return UInt32(clamping: time.nanoseconds / 1_000_000)
    }

    /// Reads what a server has sent.
    init(_ preamble: Preamble, _ head: Headers, body: Data) {
        guard let status = head.withLine(Self.status) else {
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

    /// Three digits, from 100 to 599.
    private static func status(_ text: UnsafeRawBufferPointer) -> Int? {
        guard text.count == 3 else { return nil }
        var status = 0
        for byte in text {
            guard case let digit = byte &- UInt8(ascii: "0"), digit < 10 else { return nil }
            status = status * 10 + Int(digit)
        }
        return (100...599).contains(status) ? status : nil
    }
}
