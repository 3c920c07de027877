import Foundation
import Gzip
import NIOCore
import Synchronization

/// The content of a page that stays the same.
final class FixedContent: Sendable {
    private struct State {
        var tag: String?
        var compressed: ByteBuffer??
    }

    let body: ByteBuffer
    private let state = Mutex(State())

    init(_ content: Data) {
        body = ByteBuffer(bytes: content)
    }

    /// Identifies the content, without quotes.
    var tag: String {
        state.withLock { state in
            if let tag = state.tag { return tag }
            let tag = String(Self.hash(of: body.readableBytesView), radix: 16)
            state.tag = tag
            return tag
        }
    }

    /// The body in the format of gzip, made when it is first needed; `nil` if it is too small for that.
    var compressed: ByteBuffer? {
        state.withLock { state in
            if let compressed = state.compressed { return compressed }
            let compressed = body.readableBytes < Gzip.minSize ? nil : Gzip.compress(body, isKept: true)
            state.compressed = .some(compressed)
            return compressed
        }
    }

    /// FNV-1a, the same in every process.
    private static func hash(of bytes: some Sequence<UInt8>) -> UInt64 {
        bytes.reduce(0xCBF2_9CE4_8422_2325) { ($0 ^ UInt64($1)) &* 0x0100_0000_01B3 }
    }
}

/// The contents of a page that names the URL by which the service is reached.
final class AddressedContent: Sendable {
    private let make: @Sendable (ForwardedURL?) -> Data
    /// That for requests without a URL, and that of the URL which was named last: most services have one.
    private let made = Mutex<[(base: ForwardedURL?, content: FixedContent)]>([])

    init(_ make: @escaping @Sendable (ForwardedURL?) -> Data) {
        self.make = make
    }

    /// Made when it is first needed, and not while the service starts.
    ///
    /// - Parameter base: `nil` if none is named.
    subscript(base: ForwardedURL?) -> FixedContent {
        made.withLock { made in
            if let known = made.first(where: { $0.base == base }) { return known.content }
            let content = FixedContent(make(base))
            made.removeAll { ($0.base == nil) == (base == nil) }
            made.append((base, content))
            return content
        }
    }
}
