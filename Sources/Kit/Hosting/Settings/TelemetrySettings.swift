import Foundation
import Logging
import OTLP

/// The settings of traces, by the names that OpenTelemetry gives them.
///
/// Traces are sent if a collector is named. `OTEL_EXPORTER_OTLP_TRACES_…` takes precedence over `OTEL_EXPORTER_OTLP_…`.
public struct TelemetrySettings: Sendable {
    /// The collector; `nil` if there are no traces.
    let endpoint: OTLPEndpoint?
    let sampler: Sampler
    /// Describes this process, `service.name` among it.
    let resource: [String: String]

    /// - Parameter service: the name of this process if the settings name none.
    /// - Throws: ``SettingsError`` if one is wrong.
    init(_ settings: Settings, service: String) throws(SettingsError) {
        let isOff = try settings.value(for: Self.isDisabled)
        let exporter = try settings.value(for: Self.exporter)
        endpoint = isOff || exporter == .none ? nil : try Self.endpoint(settings)
        sampler = Sampler(try settings.value(for: Self.sampler), ratio: try settings.optional(Self.ratio) ?? 1)
        var resource = ["service.name": service, "service.instance.id": UUID().uuidString.lowercased()]
        resource.merge(try settings.value(for: Self.resource)) { $1 }
        if let name = try settings.optional(Self.service) { resource["service.name"] = name }
        resource["telemetry.sdk.language"] = "swift"
        resource["telemetry.sdk.name"] = "starmicroservices"
        self.resource = resource
    }

    /// - Returns: `nil` if there are no traces.
    func exporter(_ logger: Logger) -> OTLPExporter? {
        endpoint.map { OTLPExporter(to: $0, resource: resource, logger: logger) }
    }

    private static func endpoint(_ settings: Settings) throws(SettingsError) -> OTLPEndpoint? {
        guard let url = try url(settings) else { return nil }
        var endpoint = OTLPEndpoint(url.absoluteString)
        if let encoding = try first(encoding, settings) { endpoint.encoding = encoding }
        if let headers = try first(headers, settings) { endpoint.headers = headers }
        if let timeout = try first(timeout, settings) { endpoint.timeout = .milliseconds(timeout) }
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
}

extension TelemetrySettings {
    /// The exporters by the names of `OTEL_TRACES_EXPORTER`.
    private enum Exporter: String, CaseIterable {
        case otlp, none
    }

    /// The prefix of what holds for all signals, of which traces are the only one that is sent.
    private static let signals = "OTEL_EXPORTER_OTLP"
    private static let traces = "OTEL_EXPORTER_OTLP_TRACES"

    /// The settings, in the order of `env.example`.
    public static var all: [SettingDescription] {
        [
            isDisabled.description, exporter.description, service.description, resource.description,
            sampler.description, ratio.description,
        ]
            + [signals, traces].flatMap { prefix in
                [
                    url(prefix).description, encoding(prefix).description, headers(prefix).description,
                    timeout(prefix).description,
                ]
            }
    }

    private static let isDisabled = Setting<Bool>(
        "OTEL_SDK_DISABLED", "true: no traces are sent, whatever the other OTEL_ settings say.", default: "false"
    ) { text in
        // OpenTelemetry: any text but true is false.
        text.lowercased() == "true"
    }
    private static let exporter = Setting<Exporter>.choice(
        "OTEL_TRACES_EXPORTER", "otlp, or none: no traces are sent.", default: .otlp)
    private static let service = Setting<String>.text(
        "OTEL_SERVICE_NAME", "The name of the process in traces; the service's own if empty.", default: "")
    private static let resource = Setting<[String: String]>(
        "OTEL_RESOURCE_ATTRIBUTES", "Describes the process in traces: name=value, with commas between.", default: "",
        parse: pairs)
    private static let sampler = Setting<Sampler.SamplerName>.choice(
        "OTEL_TRACES_SAMPLER",
        "The traces that are sent: always_on, always_off, traceidratio, or with parentbased_ before it if the caller "
            + "decides.",
        default: .parentOrAlways)
    private static let ratio = Setting<Double>(
        "OTEL_TRACES_SAMPLER_ARG", "The part of all traces that a sampler by ratio sends, from 0 to 1.", default: ""
    ) { text throws(SettingFault) in
        guard let ratio = Double(text), (0...1).contains(ratio) else {
            throw SettingFault("must be a number from 0 to 1")
        }
        return ratio
    }

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
            guard let encoding = OTLPEndpoint.Encoding(rawValue: text) else {
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
            let headers = try pairs(text)
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

    /// `name=value` with commas between; values are percent-encoded.
    @Sendable private static func pairs(_ text: String) throws(SettingFault) -> [String: String] {
        var pairs: [String: String] = [:]
        for entry in text.listed {
            let parts = entry.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map {
                $0.trimmingCharacters(in: .whitespaces)
            }
            guard parts.count == 2, !parts[0].isEmpty, let value = parts[1].removingPercentEncoding else {
                throw SettingFault("must be name=value, with commas between")
            }
            pairs[parts[0]] = value
        }
        return pairs
    }
}
