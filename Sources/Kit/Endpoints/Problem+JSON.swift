public import Foundation

extension Problem {
    /// The media type of a problem (RFC 9457, section 3).
    public static let contentType = "application/problem+json"

    /// The problem as `application/problem+json`.
    ///
    /// - Parameter traceID: the trace of the call, by which a person finds its log lines.
    public func json(traceID: String) -> Data {
        let document = Document(
            type: "urn:problem-type:" + kind.code, title: kind.title, status: kind.status, detail: detail,
            code: kind.code,
            trace_id: traceID, errors: faults.isEmpty ? nil : faults)
        // A struct of strings and numbers always encodes.
        return (try? JSONCoding.encode(document)) ?? Data()
    }

    /// Reads a problem that a peer has sent.
    ///
    /// - Parameters:
    ///   - status: what the peer has answered, 300 or above.
    ///   - json: what it has said of that. Where there is no `code` in it, as from a proxy, or from no service of this kit, the
    ///     status alone says what sort of problem it is.
    public init(status: Int, json: Data, retryAfter: Duration? = nil, isUnprocessed: Bool = false) {
        let document = try? JSONCoding.decode(Document.self, from: json)
        let answer = "The peer has answered \(status)"
        self.init(
            document?.code.map { Kind($0, status: status, title: document?.title ?? answer) } ?? Kind(ofStatus: status),
            document?.detail ?? answer + ".", faults: document?.errors ?? [], retryAfter: retryAfter,
            isUnprocessed: isUnprocessed)
    }

    /// The members of RFC 9457, section 3.1, and this project's own: `code`, `trace_id`, `errors`. A peer may leave out any.
    private struct Document: Codable {
        var type: String?
        var title: String?
        var status: Int?
        var detail: String?
        var code: String?
        var trace_id: String?
        var errors: [Fault]?
    }
}
