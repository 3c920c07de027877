public import Foundation

/// The input or output of an endpoint that takes or returns bytes as they are, such as a file: `application/octet-stream` over
/// every transport, without JSON and without base64.
///
/// ```swift
/// public static let upload = Endpoint<Bytes, FileID>(
///     "upload", .post, "/api/v1/files", access: .permission("files"), summary: "Stores a file.")
/// public static let download = Endpoint<FileID, Bytes>(
///     "download", .get, "/api/v1/files/{id}", access: .permission("files"), summary: "Returns a file.")
/// ```
///
/// It is the whole of an input or output, never a field. A front that limits bodies (`MAX_BODY`) limits it, too.
public struct Bytes: Payload, Hashable {
    public static let schema = Schema(kind: .bytes, example: nil)
    /// The media type of bytes (RFC 2046, section 4.5.1).
    public static let contentType = "application/octet-stream"

    public var data: Data

    public init(_ data: Data) {
        self.data = data
    }

    /// - Throws: `DecodingError`: bytes are no part of another payload.
    public init(from decoder: any Decoder) throws {
        throw DecodingError.dataCorrupted(
            .init(codingPath: decoder.codingPath, debugDescription: "cannot be bytes: they are no JSON"))
    }

    /// - Throws: `EncodingError`: bytes are no part of another payload.
    public func encode(to encoder: any Encoder) throws {
        throw EncodingError.invalidValue(
            self, .init(codingPath: encoder.codingPath, debugDescription: "cannot be bytes: they are no JSON"))
    }
}
