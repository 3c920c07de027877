internal import CZlib
package import NIOCore

/// Compression of bodies (RFC 1952).
package enum Gzip {
    /// A body below this size is sent as it is, in bytes: with its header it fits into one packet.
    package static let minSize = 1400

    /// - Parameter isKept: true if it is compressed once for many responses, and so as well as possible.
    /// - Returns: `nil` if the bytes do not become fewer.
    package static func compress(_ body: ByteBuffer, isKept: Bool) -> ByteBuffer? {
        var stream = z_stream()
        // 16 more than the size of the window selects the format of gzip.
        let window = MAX_WBITS + 16
        let size = Int32(MemoryLayout<z_stream>.size)
        let level = isKept ? Z_BEST_COMPRESSION : Z_BEST_SPEED
        guard
            deflateInit2_(&stream, level, Z_DEFLATED, window, MAX_MEM_LEVEL, Z_DEFAULT_STRATEGY, ZLIB_VERSION, size)
                == Z_OK
        else { return nil }
        defer { deflateEnd(&stream) }
        var compressed = ByteBufferAllocator().buffer(capacity: body.readableBytes)
        let result = body.withUnsafeReadableBytes { input in
            compressed.withUnsafeMutableWritableBytes { output in
                stream.next_in = UnsafeMutablePointer(mutating: input.bindMemory(to: UInt8.self).baseAddress)
                stream.avail_in = UInt32(input.count)
                stream.next_out = output.bindMemory(to: UInt8.self).baseAddress
                stream.avail_out = UInt32(min(output.count, body.readableBytes))
                return deflate(&stream, Z_FINISH)
            }
        }
        guard result == Z_STREAM_END else { return nil }
        compressed.moveWriterIndex(forwardBy: Int(stream.total_out))
        return compressed
    }
}
