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

/// An error as OAuth writes it (RFC 6749, section 5.2): `{"error": …, "error_description": …}`.
enum OAuthError {
    private struct ErrorDocument: Codable {
        let error: String
        let error_description: String?
    }

    /// The problem that a response holds; `nil` if it is no error of OAuth.
    static func problem(status: Int, json: Data, retryAfter: Duration?, isUnprocessed: Bool) -> Problem? {
        guard let document = try? JSONCoding.decode(ErrorDocument.self, from: json) else { return nil }
        return Problem(
            Problem.Kind(document.error, status: status, title: "The peer has refused the request"),
            document.error_description ?? "", retryAfter: retryAfter, isUnprocessed: isUnprocessed)
    }

    static func json(_ problem: Problem) -> Data {
        let document = ErrorDocument(error: problem.kind.code, error_description: plain(problem.detail))
        // A struct of strings always encodes.
        return (try? JSONCoding.encode(document)) ?? Data()
    }

    /// The characters that a description may hold.
    private static func plain(_ text: String) -> String {
        String(
            text.unicodeScalars.compactMap { scalar -> Character? in
                switch scalar {
                case "\u{201C}", "\u{201D}", "\"": "'"
                case " "..."~" where scalar != "\\": Character(scalar)
                default: nil
                }
            })
    }
}
