import NIOCore
import NIOHTTP1

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
