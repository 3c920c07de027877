import Glibc
import NIOCore
import NIOHTTP1
import Synchronization

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
        // Foundation's formatter would load ICU. Names are English in the process's first locale, C, which nobody changes.
        return String(unsafeUninitializedCapacity: 32) { text in
            text.withMemoryRebound(to: CChar.self) { text in
                // Its parameter is optional in Swift with glibc 2.36, and is not with 2.41.
                guard let start = text.baseAddress else { return 0 }
                return strftime(start, text.count, "%a, %d %b %Y %H:%M:%S GMT", &parts)
            }
        }
    }
}
