import AsyncHTTPClient
import NIOCore
import NIOPosix
import NIOSSL

/// The reasons why a collector could not be reached, in words for the log.
enum FailureReason {
    /// The errors of the libraries describe themselves as dumps of their parts.
    static func words(for error: any Error) -> String {
        switch error {
        case let error as NIOConnectionError: words(for: error)
        case let error as IOError: "the connection has failed: \(String(cString: strerror(error.errnoCode)))"
        case let error as HTTPClientError: words(for: error)
        case let error as NIOSSLError: "TLS: \(words(for: error))"
        case is NIOSSLExtraError: "TLS: the certificate is not that of the collector's host"
        default: "the request has failed (\(type(of: error)))"
        }
    }

    private static func words(for error: NIOConnectionError) -> String {
        guard let last = error.connectionErrors.last else { return "the name cannot be resolved" }
        return words(for: last.error)
    }

    private static func words(for error: HTTPClientError) -> String {
        switch error {
        case .deadlineExceeded, .readTimeout, .writeTimeout: "the collector does not reply in time"
        case .connectTimeout, .getConnectionFromPoolTimeout: "no connection was made in time"
        case .tlsHandshakeTimeout: "TLS: the handshake takes too long"
        case .remoteConnectionClosed, .uncleanShutdown: "the collector has closed the connection"
        case .invalidURL, .emptyHost, .emptyScheme: "the URL cannot be used"
        default: "the request has failed (\(error.shortDescription))"
        }
    }

    private static func words(for error: NIOSSLError) -> String {
        guard case .handshakeFailed(.sslError(let errors)) = error else { return "the connection has failed" }
        let isDistrust = errors.contains { $0.description.contains("CERTIFICATE_VERIFY_FAILED") }
        return isDistrust ? "its certificate cannot be verified" : "the handshake has failed"
    }
}
