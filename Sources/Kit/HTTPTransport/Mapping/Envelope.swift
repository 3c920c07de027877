import Endpoints
import Foundation
import NIOCore

/// The object `{"data": …}` that REST wraps an output in. It is put on and taken off by bytes, without reading the
/// output.
enum Envelope {
    private static let prefix = Array(#"{"data":"#.utf8)
    private static let brace = UInt8(ascii: "}")

    static func wrap(_ output: Data) -> ByteBuffer {
        guard !output.isEmpty else { return ByteBuffer(staticString: #"{"data":{}}"#) }
        var buffer = ByteBufferAllocator().buffer(capacity: output.count + prefix.count + 1)
        buffer.writeBytes(prefix)
        buffer.writeBytes(output)
        buffer.writeInteger(brace)
        return buffer
    }

    /// - Returns: the output, or `nil` where the body is no such object.
    static func unwrap(_ body: Data) -> Data? {
        if body.starts(with: prefix), body.last == brace {
            let output = body.dropFirst(prefix.count).dropLast()
            if isOneValue(output) { return Data(output) }
        }
        return (try? JSONValue(json: body))?["data"]?.json()
    }

    /// True if the bytes have no comma or brace outside of one object or list, so that no member follows it.
    private static func isOneValue(_ bytes: Data) -> Bool {
        guard bytes.first == UInt8(ascii: "{") || bytes.first == UInt8(ascii: "[") else { return false }
        var depth = 0
        var isText = false
        var isEscaped = false
        for (index, byte) in bytes.enumerated() {
            if isEscaped {
                isEscaped = false
            } else if isText {
                isText = byte != UInt8(ascii: "\"")
                isEscaped = byte == UInt8(ascii: "\\")
            } else {
                switch byte {
                case UInt8(ascii: "\""): isText = true
                case UInt8(ascii: "{"), UInt8(ascii: "["): depth += 1
                case UInt8(ascii: "}"), UInt8(ascii: "]"): depth -= 1
                default: break
                }
                if depth == 0 { return index == bytes.count - 1 }
            }
        }
        return false
    }
}
