import Files
import Foundation
import OTLP

/// The settings of the way to the collector. `OTEL_EXPORTER_OTLP_TRACES_…` takes precedence over `OTEL_EXPORTER_OTLP_…`.
enum OTLPSettings {
    /// The prefix of what holds for all signals, of which traces are the only one that is sent.
    private static let signals = "OTEL_EXPORTER_OTLP"
    private static let traces = "OTEL_EXPORTER_OTLP_TRACES"

    /// - Returns: `nil` if no collector is named.
    /// - Throws: ``SettingsError`` if one is wrong.
    static func endpoint(_ settings: Settings) throws(SettingsError) -> OTLPEndpoint? {
        guard let url = try url(settings) else { return nil }
        var endpoint = OTLPEndpoint(url.absoluteString)
        if let encoding = try first(encoding, settings) { endpoint.encoding = encoding }
        if let compression = try first(compression, settings) { endpoint.compression = compression }
        if let headers = try first(headers, settings) { endpoint.headers = headers }
        if let timeout = try first(timeout, settings) { endpoint.timeout = .milliseconds(timeout) }
        endpoint.certificates = try certificates(settings)
        return endpoint
    }

    private static func url(_ settings: Settings) throws(SettingsError) -> URL? {
        if let url = try settings.optional(url(traces)) { return url }
        return try settings.optional(url(signals))?.appending(path: "v1/traces")
    }

    private static func first<Value>(
        _ setting: (_ prefix: String) -> Setting<Value>, _ settings: Settings
    ) throws(SettingsError) -> Value? {
        if let value = try settings.optional(setting(traces)) { return value }
        return try settings.optional(setting(signals))
    }

    /// - Throws: ``SettingsError`` if one is wrong.
    static func batching(_ settings: Settings) throws(SettingsError) -> OTLPBatching {
        var batching = OTLPBatching()
        if let time = try settings.optional(scheduleDelay) { batching.delay = .milliseconds(time) }
        if let time = try settings.optional(exportTimeout) { batching.exportTimeout = .milliseconds(time) }
        let queueSize = try settings.optional(queueSize) ?? batching.queueSize
        let batchSize = try settings.optional(batchSize) ?? batching.batchSize
        return OTLPBatching(
            delay: batching.delay, exportTimeout: batching.exportTimeout, queueSize: queueSize, batchSize: batchSize)
    }

    private static func certificates(_ settings: Settings) throws(SettingsError) -> OTLPCertificates {
        let trusted = try first(trustedCertificate, settings) ?? nil
        let certificate = try first(clientCertificate, settings) ?? nil
        let key = try first(clientKey, settings) ?? nil
        guard (certificate == nil) == (key == nil) else {
            throw SettingsError(description: "\(signals)_CLIENT_CERTIFICATE and \(signals)_CLIENT_KEY go together.")
        }
        do throws(OTLPCertificateError) {
            return try OTLPCertificates(
                trusted: trusted?.content,
                client: certificate.flatMap { certificate in key.map { (certificate.content, $0.content) } })
        } catch {
            let file =
                switch error {
                case .trusted: trusted
                case .certificate: certificate
                case .key: key
                }
            throw SettingsError(
                description: "\(file?.setting ?? signals) names a file with nothing of the kind in PEM.")
        }
    }

    /// The content of a file, and the setting that names it.
    private struct NamedFile: Equatable {
        let setting: String
        let content: [UInt8]
    }
}

extension OTLPSettings {
    /// The settings, in the order of `env.example`.
    static var all: [SettingDescription] {
        [signals, traces].flatMap { prefix in
            [
                url(prefix).description, encoding(prefix).description, compression(prefix).description,
                headers(prefix).description, timeout(prefix).description, trustedCertificate(prefix).description,
                clientCertificate(prefix).description, clientKey(prefix).description,
            ]
        } + [scheduleDelay, exportTimeout, queueSize, batchSize].map(\.description)
    }

    private static let scheduleDelay = Setting<Int>.integer(
        "OTEL_BSP_SCHEDULE_DELAY", 1...600_000, "The time between batches of spans, in milliseconds.", default: 5000)
    private static let exportTimeout = Setting<Int>.integer(
        "OTEL_BSP_EXPORT_TIMEOUT", 1...600_000,
        "The time to send a batch of spans in, with all attempts, in milliseconds.", default: 30_000)
    private static let queueSize = Setting<Int>.integer(
        "OTEL_BSP_MAX_QUEUE_SIZE", 1...1_000_000, "The spans that are kept until they are sent; others are dropped.",
        default: 2048)
    private static let batchSize = Setting<Int>.integer(
        "OTEL_BSP_MAX_EXPORT_BATCH_SIZE", 1...1_000_000, "The spans of one batch; no more than are kept.",
        default: 512)

    private static func url(_ prefix: String) -> Setting<URL> {
        let summary =
            prefix == traces
            ? "The same for traces, as a whole URL."
            : "A collector of OpenTelemetry, such as http://localhost:4318. Traces are sent to /v1/traces below it."
        return Setting("\(prefix)_ENDPOINT", summary, default: "") { text throws(SettingFault) in
            guard let url = URL(string: text), let host = url.host(), !host.isEmpty,
                ["http", "https"].contains(url.scheme)
            else { throw SettingFault("must be a URL that begins with http:// or https://") }
            guard url.user() == nil else {
                throw SettingFault("must be without a user: \(prefix)_HEADERS may hold authorization=…")
            }
            return url
        }
    }

    private static func encoding(_ prefix: String) -> Setting<OTLPEndpoint.Encoding> {
        Setting(
            "\(prefix)_PROTOCOL", "http/protobuf, which is the default, or http/json. There is no grpc.", default: ""
        ) { text throws(SettingFault) in
            guard let encoding = OTLPEndpoint.Encoding(rawValue: text.lowercased()) else {
                throw SettingFault("must be one of http/protobuf, http/json")
            }
            return encoding
        }
    }

    private static func headers(_ prefix: String) -> Setting<[String: String]> {
        Setting(
            "\(prefix)_HEADERS", "Sent to the collector: name=value, with commas between.", default: "",
            isSecret: true
        ) { text throws(SettingFault) in
            let headers = try Setting<[String: String]>.pairs(text)
            guard headers.allSatisfy({ isHeader($0, $1) }) else {
                throw SettingFault("must be names and values of HTTP headers")
            }
            return headers
        }
    }

    /// True for a token and a text on one line (RFC 9110, 5.1 and 5.5).
    private static func isHeader(_ name: String, _ value: String) -> Bool {
        name.utf8.allSatisfy { byte in
            let character = Character(UnicodeScalar(byte))
            return character.isASCII
                && (character.isLetter || character.isNumber || "!#$%&'*+-.^_`|~".contains(character))
        } && value.utf8.allSatisfy { $0 == UInt8(ascii: "\t") || (0x20...0x7E).contains($0) || $0 >= 0x80 }
    }

    private static func timeout(_ prefix: String) -> Setting<Int> {
        Setting(
            "\(prefix)_TIMEOUT", "The time for each request to the collector, in milliseconds: 10000 if empty.",
            default: ""
        ) { text throws(SettingFault) in
            guard let number = Int(text), (1...600_000).contains(number) else {
                throw SettingFault("must be a number from 1 to 600000")
            }
            return number
        }
    }

    private static func compression(_ prefix: String) -> Setting<OTLPEndpoint.Compression> {
        Setting("\(prefix)_COMPRESSION", "gzip, or none, which is the default.", default: "") {
            text throws(SettingFault) in
            guard let compression = OTLPEndpoint.Compression(rawValue: text.lowercased()) else {
                throw SettingFault("must be gzip or none")
            }
            return compression
        }
    }

    private static func trustedCertificate(_ prefix: String) -> Setting<NamedFile?> {
        file(
            "\(prefix)_CERTIFICATE",
            "A file in PEM with the certificates that the collector's is verified with, instead of the system's.")
    }

    private static func clientCertificate(_ prefix: String) -> Setting<NamedFile?> {
        file("\(prefix)_CLIENT_CERTIFICATE", "A file in PEM with our own certificate, if the collector asks for one.")
    }

    private static func clientKey(_ prefix: String) -> Setting<NamedFile?> {
        file("\(prefix)_CLIENT_KEY", "A file in PEM with its key, which only its owner may read.", isPrivate: true)
    }

    /// - Returns: a setting that is `nil` for `/dev/null`, which is mounted where no file is given.
    private static func file(_ name: String, _ summary: String, isPrivate: Bool = false) -> Setting<NamedFile?> {
        Setting(name, summary, default: "") { path throws(SettingFault) in
            let file: PrivateFile
            do throws(PrivateFileError) {
                file = try PrivateFile(path)
            } catch {
                throw SettingFault("names \(path), which cannot be read: \(error.reason)")
            }
            guard !isPrivate || file.isPrivate else {
                throw SettingFault("names \(path), which others than its owner can read or change: chmod 600 it")
            }
            return file.isDevice && file.data.isEmpty ? nil : NamedFile(setting: name, content: Array(file.data))
        }
    }
}
