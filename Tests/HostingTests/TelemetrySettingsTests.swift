import OTLP
import Testing

@testable import Hosting

@Suite("The settings of traces")
struct TelemetrySettingsTests {
    private func read(_ values: [String: String]) throws(SettingsError) -> TelemetrySettings {
        try TelemetrySettings(Settings(values), service: "shop")
    }

    @Test("mean no traces if no collector is named, or if they are off")
    func off() throws {
        #expect(try read([:]).endpoint == nil)
        #expect(try read(["OTEL_EXPORTER_OTLP_ENDPOINT": ""]).endpoint == nil)
        #expect(
            try read(["OTEL_EXPORTER_OTLP_ENDPOINT": "http://c:4318", "OTEL_SDK_DISABLED": "TRUE"]).endpoint == nil)
        #expect(
            try read(["OTEL_EXPORTER_OTLP_ENDPOINT": "http://c:4318", "OTEL_TRACES_EXPORTER": "none"]).endpoint == nil)
    }

    @Test(
        "name the collector by its base, or the place for traces as it is",
        arguments: [
            (["OTEL_EXPORTER_OTLP_ENDPOINT": "http://c:4318"], "http://c:4318/v1/traces"),
            (["OTEL_EXPORTER_OTLP_ENDPOINT": "https://c/otlp/"], "https://c/otlp/v1/traces"),
            (["OTEL_EXPORTER_OTLP_ENDPOINT": "http://[::1]:4318?key=1"], "http://[::1]:4318/v1/traces?key=1"),
            (
                ["OTEL_EXPORTER_OTLP_ENDPOINT": "http://c", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT": "http://t/x"],
                "http://t/x"
            ),
        ])
    func place(values: [String: String], url: String) throws {
        #expect(try read(values).endpoint == OTLPEndpoint(url))
    }

    @Test("take what is said of traces before what is said of all")
    func precedence() throws {
        let endpoint = try #require(
            read([
                "OTEL_EXPORTER_OTLP_ENDPOINT": "http://c", "OTEL_EXPORTER_OTLP_HEADERS": "a=1",
                "OTEL_EXPORTER_OTLP_TRACES_HEADERS": "authorization=Basic%20YQ%3D%3D, x = y",
                "OTEL_EXPORTER_OTLP_TIMEOUT": "500", "OTEL_EXPORTER_OTLP_PROTOCOL": "HTTP/JSON",
            ]).endpoint)
        #expect(endpoint.headers == ["authorization": "Basic YQ==", "x": "y"])
        #expect(endpoint.timeout == .milliseconds(500) && endpoint.encoding == .json)
    }

    @Test("are what OpenTelemetry says if they are empty")
    func defaults() throws {
        let names = TelemetrySettings.all.map(\.name).filter { !$0.hasSuffix("_ENDPOINT") }
        let empty = Dictionary(uniqueKeysWithValues: names.map { ($0, "") })
        let settings = try read(empty.merging(["OTEL_EXPORTER_OTLP_ENDPOINT": "http://c:4318"]) { $1 })
        #expect(settings.endpoint == OTLPEndpoint("http://c:4318/v1/traces") && settings.sampler == Sampler())
        #expect(settings.batching == OTLPBatching() && settings.resource["service.name"] == "shop")
    }

    @Test("say how many spans are kept and sent at once, when, and how")
    func batching() throws {
        let settings = try read([
            "OTEL_EXPORTER_OTLP_ENDPOINT": "http://c", "OTEL_EXPORTER_OTLP_COMPRESSION": "gzip",
            "OTEL_EXPORTER_OTLP_TRACES_COMPRESSION": "none", "OTEL_BSP_SCHEDULE_DELAY": "100",
            "OTEL_BSP_EXPORT_TIMEOUT": "200", "OTEL_BSP_MAX_QUEUE_SIZE": "30", "OTEL_BSP_MAX_EXPORT_BATCH_SIZE": "40",
        ])
        #expect(settings.endpoint?.compression == OTLPEndpoint.Compression.none)
        #expect(
            settings.batching
                == OTLPBatching(
                    delay: .milliseconds(100), exportTimeout: .milliseconds(200), queueSize: 30, batchSize: 30))
        let compressed = try read(["OTEL_EXPORTER_OTLP_ENDPOINT": "http://c", "OTEL_EXPORTER_OTLP_COMPRESSION": "gzip"])
        #expect(compressed.endpoint?.compression == .gzip)
    }

    @Test("name no file by /dev/null, which Compose mounts where none is given")
    func noCertificate() throws {
        let settings = try read([
            "OTEL_EXPORTER_OTLP_ENDPOINT": "https://c", "OTEL_EXPORTER_OTLP_CERTIFICATE": "/dev/null",
        ])
        #expect(settings.endpoint?.certificates == OTLPCertificates())
    }

    @Test("name the process: by its own name, among its attributes, or by its service")
    func names() throws {
        #expect(try read([:]).resource["service.name"] == "shop")
        let attributes = ["OTEL_RESOURCE_ATTRIBUTES": "service.name=a,deployment.environment=test%2C1"]
        #expect(try read(attributes).resource["service.name"] == "a")
        #expect(try read(attributes).resource["deployment.environment"] == "test,1")
        #expect(try read(attributes.merging(["OTEL_SERVICE_NAME": "b"]) { $1 }).resource["service.name"] == "b")
    }

    @Test("sample by a name and a part")
    func sampling() throws {
        #expect(try read([:]).sampler == Sampler())
        #expect(
            try read(["OTEL_TRACES_SAMPLER": "traceidratio", "OTEL_TRACES_SAMPLER_ARG": "0.25"]).sampler
                == Sampler(.ratio, ratio: 0.25))
    }

    @Test(
        "stop the start if they are wrong, and show no header",
        arguments: [
            ("OTEL_EXPORTER_OTLP_ENDPOINT", "collector:4318"),
            ("OTEL_EXPORTER_OTLP_ENDPOINT", "http://ada:hunter2@c"), ("OTEL_EXPORTER_OTLP_HEADERS", "a b=hunter2"),
            ("OTEL_EXPORTER_OTLP_HEADERS", "a=hunter2%0D%0Ab: c"), ("OTEL_TRACES_EXPORTER", "zipkin"),
            ("OTEL_EXPORTER_OTLP_PROTOCOL", "grpc"), ("OTEL_EXPORTER_OTLP_COMPRESSION", "zstd"),
            ("OTEL_EXPORTER_OTLP_CERTIFICATE", "/nowhere.pem"),
            ("OTEL_EXPORTER_OTLP_TRACES_CERTIFICATE", "/etc/passwd"),
            ("OTEL_EXPORTER_OTLP_CLIENT_CERTIFICATE", "/etc/passwd"), ("OTEL_BSP_MAX_QUEUE_SIZE", "0"),
            ("OTEL_BSP_SCHEDULE_DELAY", "soon"),
            ("OTEL_EXPORTER_OTLP_TIMEOUT", "soon"), ("OTEL_EXPORTER_OTLP_HEADERS", "hunter2"),
            ("OTEL_TRACES_SAMPLER", "sometimes"), ("OTEL_TRACES_SAMPLER_ARG", "1.5"), ("OTEL_RESOURCE_ATTRIBUTES", "a"),
        ])
    func wrong(name: String, text: String) throws {
        let error = #expect(throws: SettingsError.self) {
            try read(["OTEL_EXPORTER_OTLP_ENDPOINT": "http://c"].merging([name: text]) { $1 })
        }
        #expect(error?.description.hasPrefix(name) == true && error?.description.contains("hunter2") == false)
    }
}
