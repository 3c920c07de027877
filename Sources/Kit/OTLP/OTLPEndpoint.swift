/// The place that spans are sent to, and how.
public struct OTLPEndpoint: Sendable, Equatable {
    /// The encodings of OTLP over HTTP.
    public enum Encoding: String, Sendable, CaseIterable {
        case protobuf = "http/protobuf"
        case json = "http/json"

        var contentType: String {
            switch self {
            case .protobuf: "application/x-protobuf"
            case .json: "application/json"
            }
        }
    }

    public var url: String
    public var encoding: Encoding
    /// Sent with each request, such as `authorization`.
    public var headers: [String: String]
    /// The time for each request.
    public var timeout: Duration

    /// - Parameter url: the whole URL, such as `http://localhost:4318/v1/traces`.
    public init(
        _ url: String, encoding: Encoding = .protobuf, headers: [String: String] = [:],
        timeout: Duration = .seconds(10)
    ) {
        self.url = url
        self.encoding = encoding
        self.headers = headers
        self.timeout = timeout
    }
}
