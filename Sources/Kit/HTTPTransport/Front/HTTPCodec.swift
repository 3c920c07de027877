import Glibc
import NIOCore
import NIOHTTP1
import Synchronization

/// The head of a request (RFC 9112, sections 3 and 5).
struct RequestHead {
    let method: String
    /// As it was sent.
    let target: String
    let version: HTTPMinorVersion
    var headers = RequestHeaders()

    /// True if the request changes nothing (RFC 9110, section 9.2.1).
    var isSafe: Bool { ["GET", "HEAD", "OPTIONS"].contains(method) }

    /// True if the client wants the connection to go on after the response (RFC 9112, section 9.3).
    var isKeepAlive: Bool { !headers.wantsClose && (version == .one || headers.wantsKeepAlive) }
}

/// HTTP/1.0 or HTTP/1.1.
enum HTTPMinorVersion {
    case zero
    case one
}

/// The reason why the bytes of a connection are not a request. Nothing that follows them can be read.
enum RequestFault: Error {
    case malformed
    /// The request line is too long.
    case targetTooLong
    /// The header fields or the trailer fields are too large.
    case headTooLarge
    /// The major version is another one (RFC 9110, section 15.6.6).
    case versionUnsupported
    /// The body is encoded for the way in a manner that is not known here (RFC 9112, section 6.1).
    case codingUnsupported
    /// The connection does not begin with the header of the PROXY protocol that it must begin with.
    case missingProxyHeader
    /// The header of the PROXY protocol cannot be read.
    case malformedProxyHeader
}

/// Reads the requests of a connection off its bytes, one at a time and without I/O (RFC 9112).
///
/// A line is consumed as soon as it is complete, and it never reads past the end of a request: so what a client sends
/// ahead stays bytes until its turn comes. An offered upgrade, and CONNECT, are requests like any other (RFC 9110,
/// section 7.8).
struct RequestParser {
    enum RequestPart {
        case head(RequestHead)
        case body(ByteBuffer)
        case end
    }

    private enum State {
        case requestLine
        case fields
        case body(remaining: Int)
        case chunkSize
        case chunk(remaining: Int)
        case chunkEnd
        case trailers
    }

    private var state = State.requestLine
    private var head: RequestHead?
    /// The bytes of an incomplete line that have been searched for its end.
    private var searched = 0
    /// The size of the fields that have been read, in bytes.
    private var size = 0

    /// The largest request line, and the largest header or trailer section, in bytes.
    static let maxSize = 16 * 1024

    /// The next part of a request.
    ///
    /// - Parameter bytes: what the client has sent; what is read is removed from it.
    /// - Returns: `nil` if more bytes are needed.
    /// - Throws: ``RequestFault``, after which it must not be called again.
    mutating func next(from bytes: inout ByteBuffer) throws(RequestFault) -> RequestPart? {
        while true {
            switch state {
            case .requestLine:
                guard try readRequestLine(&bytes) else { return nil }
            case .fields:
                guard let line = try line(of: &bytes, exceeding: .headTooLarge) else { return nil }
                if line.readableBytes == 0 { return .head(try endHead()) }
                guard Self.withField(of: line, { head?.headers.add($0, $1) }) else { throw .malformed }
            case .body(let remaining), .chunk(let remaining):
                guard remaining == 0 else {
                    return body(remaining, &bytes)
                }
                guard case .chunk = state else { return end() }
                state = .chunkEnd
            case .chunkSize:
                guard let line = try line(of: &bytes, exceeding: .malformed) else { return nil }
                guard let length = Self.chunkSize(line) else { throw .malformed }
                size = 0
                state = length == 0 ? .trailers : .chunk(remaining: length)
            case .chunkEnd:
                guard let line = try line(of: &bytes, exceeding: .malformed) else { return nil }
                guard line.readableBytes == 0 else { throw .malformed }
                state = .chunkSize
            case .trailers:
                // No endpoint reads them, and RFC 9110, section 6.5.1, lets them be dropped.
                guard let line = try line(of: &bytes, exceeding: .headTooLarge) else { return nil }
                if line.readableBytes == 0 { return end() }
                guard Self.withField(of: line, { _, _ in }) else { throw .malformed }
            }
        }
    }

    private mutating func readRequestLine(_ bytes: inout ByteBuffer) throws(RequestFault) -> Bool {
        size = 0
        // Another protocol, such as TLS, may never end the line.
        if let first = bytes.readableBytesView.first, !Self.isToken(first), first != Self.carriageReturn {
            throw .malformed
        }
        guard let line = try line(of: &bytes, exceeding: .targetTooLong) else { return false }
        // An empty line before a request is passed over (RFC 9112, section 2.2).
        guard line.readableBytes > 0 else { return true }
        let head = try Self.requestLine(line)
        self.head = head
        size = 0
        state = .fields
        return true
    }

    private mutating func endHead() throws(RequestFault) -> RequestHead {
        guard var head else { throw .malformed }
        self.head = nil
        switch try head.headers.end(of: head.version) {
        case .length(let length): state = .body(remaining: length)
        case .chunked: state = .chunkSize
        }
        size = 0
        return head
    }

    private mutating func body(_ remaining: Int, _ bytes: inout ByteBuffer) -> RequestPart? {
        guard bytes.readableBytes > 0, let part = bytes.readSlice(length: min(remaining, bytes.readableBytes)) else {
            return nil
        }
        let rest = remaining - part.readableBytes
        if case .chunk = state { state = .chunk(remaining: rest) } else { state = .body(remaining: rest) }
        return .body(part)
    }

    private mutating func end() -> RequestPart {
        state = .requestLine
        return .end
    }

    /// The next line without its CR LF, or `nil` if it is not complete. A bare LF ends no line, since others on the way
    /// may think so or not (RFC 9112, section 2.2).
    private mutating func line(
        of bytes: inout ByteBuffer, exceeding fault: RequestFault
    ) throws(RequestFault) -> ByteBuffer? {
        let start = searched
        let found = bytes.withUnsafeReadableBytes { bytes -> Int? in
            guard bytes.count > start, let base = bytes.baseAddress else { return nil }
            return memchr(base + start, Int32(Self.lineFeed), bytes.count - start).map { UnsafeRawPointer($0) - base }
        }
        guard size + (found ?? bytes.readableBytes) <= Self.maxSize else { throw fault }
        guard let found else {
            searched = bytes.readableBytes
            return nil
        }
        searched = 0
        size += found + 1
        guard var line = bytes.readSlice(length: found + 1), found > 0 else { throw .malformed }
        let end = line.writerIndex - 2
        guard line.getInteger(at: end, as: UInt8.self) == Self.carriageReturn else { throw .malformed }
        line.moveWriterIndex(to: end)
        return line
    }
}

// MARK: - Lines

extension RequestParser {
    private static let carriageReturn = UInt8(ascii: "\r")
    private static let lineFeed = UInt8(ascii: "\n")
    private static let space = UInt8(ascii: " ")
    private static let tab = UInt8(ascii: "\t")

    /// Method, target and version (RFC 9112, section 3).
    private static func requestLine(_ line: ByteBuffer) throws(RequestFault) -> RequestHead {
        let words = line.readableBytesView.split(separator: space, omittingEmptySubsequences: false)
        guard words.count == 3, !words[0].isEmpty, words[0].allSatisfy(isToken), !words[1].isEmpty,
            words[1].allSatisfy({ $0 > space && $0 != 0x7F })
        else { throw .malformed }
        return RequestHead(
            method: String(decoding: words[0], as: UTF8.self), target: String(decoding: words[1], as: UTF8.self),
            version: try version(words[2]))
    }

    /// A later minor version is read as the last one that is known (RFC 9110, section 2.5).
    private static func version(_ text: some Collection<UInt8>) throws(RequestFault) -> HTTPMinorVersion {
        let (name, digits) = (Array("HTTP/".utf8), Array(text.dropFirst(5)))
        guard text.starts(with: name), digits.count == 3, digits[1] == UInt8(ascii: "."),
            isDigit(digits[0]), isDigit(digits[2])
        else { throw .malformed }
        guard digits[0] == UInt8(ascii: "1") else { throw .versionUnsupported }
        return digits[2] == UInt8(ascii: "0") ? .zero : .one
    }

    private static func isDigit(_ byte: UInt8) -> Bool { UInt8(ascii: "0")...UInt8(ascii: "9") ~= byte }

    /// Passes a field's name and value on (RFC 9112, section 5). Folded lines are refused, as section 5.2 demands.
    ///
    /// - Returns: false if the line is no field.
    private static func withField(
        of line: ByteBuffer, _ body: (Slice<UnsafeRawBufferPointer>, Slice<UnsafeRawBufferPointer>) -> Void
    ) -> Bool {
        line.withUnsafeReadableBytes { line in
            guard let colon = line.firstIndex(of: UInt8(ascii: ":")), colon > 0 else { return false }
            let name = line[..<colon]
            var value = line[(colon + 1)...]
            while let first = value.first, first == space || first == tab { value.removeFirst() }
            while let last = value.last, last == space || last == tab { value.removeLast() }
            guard name.allSatisfy(isToken), value.allSatisfy(isText) else { return false }
            body(name, value)
            return true
        }
    }

    /// The size of a chunk; extensions are passed over (RFC 9112, section 7.1). It may have zeros before it; one that no integer
    /// holds is refused.
    private static func chunkSize(_ line: ByteBuffer) -> Int? {
        line.withUnsafeReadableBytes { line in
            let digits = line.prefix(while: isHexadecimal)
            let rest = line.dropFirst(digits.count).drop { $0 == space || $0 == tab }
            guard rest.isEmpty || rest.first == UInt8(ascii: ";"), rest.allSatisfy(isText) else { return nil }
            return Int(String(decoding: digits, as: UTF8.self), radix: 16)
        }
    }

    /// The characters of a token (RFC 9110, section 5.6.2).
    private static func isToken(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "#")...UInt8(ascii: "'"),
            UInt8(ascii: "^")...UInt8(ascii: "`"), UInt8(ascii: "!"), UInt8(ascii: "*"), UInt8(ascii: "+"),
            UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "|"), UInt8(ascii: "~"):
            true
        default: false
        }
    }

    /// The characters of a field's value (RFC 9110, section 5.5).
    private static func isText(_ byte: UInt8) -> Bool { byte >= space && byte != 0x7F || byte == tab }

    private static func isHexadecimal(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "a")...UInt8(ascii: "f"),
            UInt8(ascii: "A")...UInt8(ascii: "F"):
            true
        default: false
        }
    }
}

/// Writes responses as bytes (RFC 9112).
enum ResponseEncoder {
    /// The beginning of each response to a request of that version.
    static func prefix(_ version: HTTPMinorVersion) -> StaticString {
        version == .one ? "HTTP/1.1 " : "HTTP/1.0 "
    }

    /// The interim response to a client that asks before it sends a body (RFC 9110, section 10.1.1).
    static let goOn: StaticString = "HTTP/1.1 100 Continue\r\n\r\n"

    /// The end of a body in chunks.
    static let lastChunk: StaticString = "0\r\n\r\n"

    /// Writes a head, all but its prefix.
    static func write(_ response: HTTPResponse, to bytes: inout ByteBuffer) {
        bytes.writeString(String(response.status.code))
        bytes.writeInteger(UInt8(ascii: " "))
        bytes.writeString(response.status.reasonPhrase)
        bytes.writeStaticString("\r\n")
        for (name, value) in response.headers {
            bytes.writeString(name)
            bytes.writeStaticString(": ")
            bytes.writeString(value)
            bytes.writeStaticString("\r\n")
        }
        bytes.writeStaticString("\r\n")
    }

    /// Writes a chunk of a body (RFC 9112, section 7.1).
    static func write(chunk: some Collection<UInt8>, to bytes: inout ByteBuffer) {
        // One of no bytes would be the last.
        guard !chunk.isEmpty else { return }
        bytes.writeString(String(chunk.count, radix: 16))
        bytes.writeStaticString("\r\n")
        bytes.writeBytes(chunk)
        bytes.writeStaticString("\r\n")
    }
}

/// The value of the header field `Date` (RFC 9110, section 6.6.1), formatted once a second.
final class DateCache: Sendable {
    private struct Written {
        var second = Int.min
        var text = ""
    }

    private let written = Mutex(Written())

    var now: String {
        let second = time(nil)
        return written.withLock { written in
            if written.second != second { written = Written(second: second, text: Self.text(of: second)) }
            return written.text
        }
    }

    /// - Parameter second: since 1970-01-01T00:00:00Z.
    static func text(of second: Int) -> String {
        var second = second
        var parts = tm()
        gmtime_r(&second, &parts)
        // Foundation's formatter would load ICU. Names are English in the process's first locale, C, which nothing here changes.
        return String(unsafeUninitializedCapacity: 32) { text in
            text.withMemoryRebound(to: CChar.self) { text in
                // Its parameter is optional in Swift with glibc 2.36, and is not with 2.41.
                guard let start = text.baseAddress else { return 0 }
                return strftime(start, text.count, "%a, %d %b %Y %H:%M:%S GMT", &parts)
            }
        }
    }
}
