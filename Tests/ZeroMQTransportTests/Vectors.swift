import Foundation
import Testing

@testable import ZeroMQTransport

/// The golden messages of the protocol, which clients in other languages are tested with, too.
struct Vectors: Decodable {
    let malformed_max_body: Int
    let vectors: [Vector]
    let malformed: [Malformed]
    let envelopes: [Envelope]

    static let all: Vectors = {
        do {
            let url = try #require(Bundle.module.url(forResource: "wire_vectors", withExtension: "json"))
            return try JSONDecoder().decode(Vectors.self, from: Data(contentsOf: url))
        } catch {
            // Without its vectors the suite would test nothing, and pass.
            fatalError("wire_vectors.json cannot be read: \(error)")
        }
    }()
}

/// A good message.
struct Vector: Decodable, CustomTestStringConvertible {
    let name: String
    let direction: String
    let kind_code: UInt8
    let flags: UInt8
    let time_ms: UInt32
    let id: String
    let first_line: String
    let headers: [[String]]
    let body_base64: String
    let frames: [String]

    var testDescription: String { name }
    var bytes: [[UInt8]] { frames.map(\.hexadecimal) }
    var body: Data? { Data(base64Encoded: body_base64) }

    var preamble: Preamble? {
        guard let kind = Preamble.MessageKind(rawValue: kind_code), let id = UInt64(id) else { return nil }
        return Preamble(kind, id: id, flags: .init(rawValue: flags), time: time_ms)
    }

    /// The headers that mean something here.
    var fields: [(Headers.HeaderName, String)] {
        headers.compactMap { header in
            Array(header[0].utf8).withUnsafeBytes { Headers.HeaderName($0) }.map { ($0, header[1]) }
        }
    }
}

/// A message that breaks the protocol, and what a server makes of it.
struct Malformed: Decodable, CustomTestStringConvertible {
    let name: String
    let frames: [String]
    let status: Int?
    let dropped: Bool
    let reply_id: String?
    let reply_envelope: [String]

    var testDescription: String { name }
    var bytes: [[UInt8]] { frames.map(\.hexadecimal) }
    /// One without frames cannot come through a socket.
    static let sendable = Vectors.all.malformed.filter { !$0.frames.isEmpty }
}

/// A message with what stands before it, and comes back before its answer.
struct Envelope: Decodable, CustomTestStringConvertible {
    let name: String
    let frames: [String]
    let envelope: [String]

    var testDescription: String { name }
    var bytes: [[UInt8]] { frames.map(\.hexadecimal) }
}

extension String {
    /// The bytes that pairs of hexadecimal digits stand for.
    var hexadecimal: [UInt8] {
        var digits = utf8.compactMap { Character(Unicode.Scalar($0)).hexDigitValue }.map(UInt8.init)[...]
        var bytes: [UInt8] = []
        while let high = digits.popFirst(), let low = digits.popFirst() { bytes.append(high << 4 | low) }
        return bytes
    }
}
