import Foundation
import Logging
import OTLP

/// The settings of traces, by the names that OpenTelemetry gives them.
///
/// Traces are sent if a collector is named. `OTEL_EXPORTER_OTLP_TRACES_…` takes precedence over `OTEL_EXPORTER_OTLP_…`.
public struct TelemetrySettings: Sendable {
    /// The collector; `nil` if there are no traces.
    let endpoint: OTLPEndpoint?
    let batching: OTLPBatching
    let sampler: Sampler
    /// Describes this process, `service.name` among it.
    let resource: [String: String]

    /// - Parameter service: the name of this process if the settings name none.
    /// - Throws: ``SettingsError`` if one is wrong.
    init(_ settings: Settings, service: String) throws(SettingsError) {
        let isOff = try settings.value(for: Self.isDisabled)
        let exporter = try settings.optional(Self.exporter) ?? .otlp
        endpoint = isOff || exporter == .none ? nil : try OTLPSettings.endpoint(settings)
        batching = try OTLPSettings.batching(settings)
        sampler = Sampler(
            try settings.optional(Self.sampler) ?? .parentOrAlways, ratio: try settings.optional(Self.ratio) ?? 1)
        var resource = ["service.name": service, "service.instance.id": UUID().uuidString.lowercased()]
        resource.merge(try settings.value(for: Self.resource)) { $1 }
        if let name = try settings.optional(Self.service) { resource["service.name"] = name }
        resource["telemetry.sdk.language"] = "swift"
        resource["telemetry.sdk.name"] = "starmicroservices"
        self.resource = resource
    }

    /// - Returns: `nil` if there are no traces.
    func exporter(_ logger: Logger) -> OTLPExporter? {
        endpoint.map { OTLPExporter(to: $0, resource: resource, batching: batching, logger: logger) }
    }
}

extension TelemetrySettings {
    /// The exporters by the names of `OTEL_TRACES_EXPORTER`.
    private enum Exporter: String, CaseIterable {
        case otlp, none
    }

    /// The settings, in the order of `env.example`.
    public static var all: [SettingDescription] {
        [
            isDisabled.description, exporter.description, service.description, resource.description,
            sampler.description, ratio.description,
        ] + OTLPSettings.all
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
        parse: Setting<[String: String]>.pairs)
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
}

extension Setting where Value == [String: String] {
    /// `name=value` with commas between; values are percent-encoded.
    @Sendable static func pairs(_ text: String) throws(SettingFault) -> [String: String] {
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
