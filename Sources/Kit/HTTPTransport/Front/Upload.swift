import HummingbirdCore
import NIOCore

/// The body of one request on its way in, up to a limit.
struct Upload {
    /// The connection cannot be used any further: the body is cut off, or longer than anybody wants to read.
    struct Broken: Error {}

    private var parts: RequestBody.AsyncIterator
    private let declared: Int?
    private let limit: Int
    /// Whether the body goes beyond the limit. The rest of it is still on its way.
    private(set) var isTooLarge: Bool

    init(_ body: RequestBody, declared: Int?, limit: Int) {
        parts = body.makeAsyncIterator()
        self.declared = declared
        self.limit = limit
        isTooLarge = declared ?? 0 > limit
    }

    /// - Returns: the body, or nothing where it goes beyond the limit.
    /// - Throws: where the connection breaks before the body's end.
    @concurrent
    mutating func read() async throws -> ByteBuffer {
        var whole = ByteBuffer()
        while !isTooLarge, let part = try await parts.next() {
            if whole.readableBytes + part.readableBytes > limit {
                isTooLarge = true
            } else if whole.readableBytes == 0 {
                whole = part
            } else {
                whole.writeImmutableBuffer(part)
            }
        }
        guard !isTooLarge else { return ByteBuffer() }
        guard declared == nil || declared == whole.readableBytes else { throw Broken() }
        return whole
    }

    /// Reads the rest and drops it, so that a client which writes before it reads comes to see the response
    /// (RFC 9112, section 9.6).
    @concurrent
    mutating func drop() async throws {
        while try await parts.next() != nil {}
    }
}
