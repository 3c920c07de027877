import NIOSSL

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

    /// The compression of requests, by the names of OpenTelemetry's `OTEL_EXPORTER_OTLP_COMPRESSION`.
    public enum Compression: String, Sendable, CaseIterable {
        case none, gzip
    }

    /// The URL that spans are posted to.
    public var url: String
    /// The form of the messages.
    public var encoding: Encoding
    /// The compression of the messages that become shorter by it.
    public var compression: Compression
    /// Sent with each request, such as `authorization`.
    public var headers: [String: String]
    /// The time for each request.
    public var timeout: Duration
    /// The certificates of connections over TLS.
    public var certificates: OTLPCertificates

    /// - Parameter url: the whole URL, such as `http://localhost:4318/v1/traces`.
    public init(
        _ url: String, encoding: Encoding = .protobuf, compression: Compression = .none,
        headers: [String: String] = [:], timeout: Duration = .seconds(10), certificates: OTLPCertificates = .init()
    ) {
        self.url = url
        self.encoding = encoding
        self.compression = compression
        self.headers = headers
        self.timeout = timeout
        self.certificates = certificates
    }
}

/// The certificates of connections over TLS.
public struct OTLPCertificates: Sendable, Equatable {
    /// `nil` if there is nothing to say beyond what the system has.
    let configuration: TLSConfiguration?

    /// The collector's certificate is verified with those that the system trusts; we show none.
    public init() { configuration = nil }

    /// - Parameters:
    ///   - trusted: the certificates in PEM that the collector's is verified with; `nil` for those that the system trusts.
    ///   - client: our own certificate in PEM, followed by those between it and one that the collector trusts, and its key.
    /// - Throws: ``OTLPCertificateError`` if there is none where one should be.
    public init(
        trusted: [UInt8]?, client: (certificate: [UInt8], key: [UInt8])? = nil
    ) throws(OTLPCertificateError) {
        var tls = TLSConfiguration.makeClientConfiguration()
        if let trusted { tls.trustRoots = .certificates(try Self.certificates(trusted, .trusted)) }
        if let client {
            tls.certificateChain = try Self.certificates(client.certificate, .certificate).map { .certificate($0) }
            guard let key = try? NIOSSLPrivateKey(bytes: client.key, format: .pem) else { throw .key }
            tls.privateKey = .privateKey(key)
        }
        configuration = trusted == nil && client == nil ? nil : tls
    }

    private static func certificates(
        _ text: [UInt8], _ error: OTLPCertificateError
    ) throws(OTLPCertificateError) -> [NIOSSLCertificate] {
        guard let certificates = try? NIOSSLCertificate.fromPEMBytes(text), !certificates.isEmpty else { throw error }
        return certificates
    }

    public static func == (one: Self, other: Self) -> Bool {
        switch (one.configuration, other.configuration) {
        case (nil, nil): true
        case (let one?, let other?): one.bestEffortEquals(other)
        default: false
        }
    }
}

/// The part of ``OTLPCertificates`` that is no certificate, or no key, in PEM.
public enum OTLPCertificateError: Error, Equatable {
    case trusted, certificate, key
}
