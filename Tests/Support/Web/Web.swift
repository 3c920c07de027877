package import AsyncHTTPClient
import Foundation
package import JSON
import NIOCore
package import NIOHTTP1

/// HTTP as anybody speaks it.
package enum Web {
    package static func get(_ url: String, _ headers: [String: String] = [:]) async throws -> Answer {
        try await send("GET", url, headers)
    }

    /// - Parameter type: of the body, if there is one; `nil` if the headers say it, or nothing does.
    package static func send(
        _ method: String, _ url: String, _ headers: [String: String] = [:], body: String? = nil,
        type: String? = "application/json", from client: HTTPClient = .shared
    ) async throws -> Answer {
        var request = HTTPClientRequest(url: url)
        request.method = HTTPMethod(rawValue: method)
        request.headers = HTTPHeaders(headers.map { ($0.key, $0.value) })
        if let body {
            request.body = .bytes(ByteBuffer(string: body))
            if let type { request.headers.add(name: "Content-Type", value: type) }
        }
        let response = try await client.execute(request, timeout: .seconds(20))
        let bytes = try await response.body.collect(upTo: 1 << 24)
        return Answer(
            status: Int(response.status.code), headers: response.headers, bytes: Array(bytes.readableBytesView))
    }
}

/// A response as a test looks at it.
package struct Answer: Sendable {
    package let status: Int
    package let headers: HTTPHeaders
    package let bytes: [UInt8]

    package init(status: Int, headers: HTTPHeaders, bytes: [UInt8]) {
        self.status = status
        self.headers = headers
        self.bytes = bytes
    }

    package var body: String { String(decoding: bytes, as: UTF8.self) }

    package subscript(_ header: String) -> String? { headers.first(name: header) }

    package var json: JSONValue? { try? JSONValue(json: Data(bytes)) }
    /// The content of the envelope.
    package var data: JSONValue? { json?["data"] }
    /// The code of a problem.
    package var code: String? { self["Content-Type"] == "application/problem+json" ? json?["code"]?.string : nil }
    /// The fields that a problem names.
    package var pointers: [String] {
        guard case .array(let errors) = json?["errors"] else { return [] }
        return errors.compactMap { $0["pointer"]?.string }
    }
}
