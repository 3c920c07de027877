// swift-tools-version: 6.2
import PackageDescription

// Every target is compiled with these: the language of the next Swift, today.
let strict: [SwiftSetting] = [
    .enableUpcomingFeature("ExistentialAny"),  // SE-0335
    .enableUpcomingFeature("InternalImportsByDefault"),  // SE-0409
    .enableUpcomingFeature("MemberImportVisibility"),  // SE-0444
    .enableUpcomingFeature("NonisolatedNonsendingByDefault"),  // SE-0461: a call stays on its caller's thread
]

func kit(_ name: String, _ dependencies: [Target.Dependency] = [], resources: [Resource]? = nil) -> Target {
    .target(
        name: name, dependencies: dependencies, path: "Sources/Kit/\(name)", resources: resources,
        swiftSettings: strict)
}

func service(_ name: String, _ dependencies: [Target.Dependency] = [], resources: [Resource]? = nil) -> Target {
    .target(
        name: name, dependencies: dependencies, path: "Sources/Services/\(name)", resources: resources,
        swiftSettings: strict)
}

func star(_ name: String, _ dependencies: [Target.Dependency]) -> Target {
    .target(
        name: "Star\(name)", dependencies: dependencies, path: "Sources/star/\(name)", swiftSettings: strict)
}

func tests(_ name: String, _ dependencies: [Target.Dependency], resources: [Resource]? = nil) -> Target {
    .testTarget(name: name, dependencies: dependencies, resources: resources, swiftSettings: strict)
}

let logging = Target.Dependency.product(name: "Logging", package: "swift-log")
let metrics = Target.Dependency.product(name: "Metrics", package: "swift-metrics")
let tracing = Target.Dependency.product(name: "Tracing", package: "swift-distributed-tracing")
let lifecycle = Target.Dependency.product(name: "ServiceLifecycle", package: "swift-service-lifecycle")
let signals = Target.Dependency.product(name: "UnixSignals", package: "swift-service-lifecycle")
let arguments = Target.Dependency.product(name: "ArgumentParser", package: "swift-argument-parser")
let nio = ["NIOCore", "NIOPosix", "NIOHTTP1"].map { Target.Dependency.product(name: $0, package: "swift-nio") }
let embedded = Target.Dependency.product(name: "NIOEmbedded", package: "swift-nio")
let tls = Target.Dependency.product(name: "NIOSSL", package: "swift-nio-ssl")
let httpClient = Target.Dependency.product(name: "AsyncHTTPClient", package: "async-http-client")
let deque = Target.Dependency.product(name: "DequeModule", package: "swift-collections")
let crypto = Target.Dependency.product(name: "Crypto", package: "swift-crypto")
let jwt = Target.Dependency.product(name: "JWTKit", package: "jwt-kit")
let grdb = Target.Dependency.product(name: "GRDB", package: "GRDB.swift")
let histogram = Target.Dependency.product(name: "Histogram", package: "hdrhistogram-swift")

// The page at /docs, compiled into its library.
let explorer = ["index.html", "style.css", "script.js", "schema.js", "samples.js", "elements.js", "icon.svg"]
    .map { Resource.embedInCode("Explorer/\($0)") }

// The page at webapp's /, compiled into its service.
let page = [
    "index.html", "icon.svg", "style.css", "sections.css", "page.js", "api.js", "elements.js", "format.js",
    "session.js", "clock.js", "services.js", "comparison.js", "histogram.js", "calls.js", "users.js",
].map { Resource.embedInCode("Page/\($0)") }

// The targets of Sources stand in the order of their dependencies: each imports only those above it.
let package = Package(
    name: "starmicroservices",
    platforms: [.macOS(.v15)],
    products: [
        .library(name: "Endpoints", targets: ["Endpoints", "JSON"]),
        .library(name: "Background", targets: ["Background"]),
        .library(name: "RPC", targets: ["RPC"]),
        .library(name: "RPCTesting", targets: ["RPCTesting"]),
        .library(name: "Tokens", targets: ["Tokens", "JOSE", "Trust"]),
        .library(name: "ZeroMQ", targets: ["ZeroMQ", "EventLoop"]),
        .library(name: "Telemetry", targets: ["Telemetry"]),
        .library(name: "OTLP", targets: ["OTLP"]),
        .library(name: "HTTPTransport", targets: ["HTTPTransport"]),
        .library(name: "ZeroMQTransport", targets: ["ZeroMQTransport"]),
        .library(name: "Documents", targets: ["Documents"]),
        .library(name: "Hosting", targets: ["Hosting"]),
        .library(name: "Measuring", targets: ["Measuring"]),
        .library(name: "Contracts", targets: ["Contracts", "JOSE", "Trust"]),
        .library(name: "AuthClient", targets: ["AuthClient"]),
        .executable(name: "star", targets: ["star"]),
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
        .package(url: "https://github.com/apple/swift-collections", from: "1.6.0"),
        .package(url: "https://github.com/apple/swift-crypto", from: "4.5.2"),
        .package(url: "https://github.com/apple/swift-distributed-tracing", from: "1.7.3"),
        .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
        .package(url: "https://github.com/apple/swift-metrics", from: "2.13.0"),
        .package(url: "https://github.com/apple/swift-nio", from: "2.101.2"),
        .package(url: "https://github.com/apple/swift-nio-ssl", from: "2.37.6"),
        .package(url: "https://github.com/groue/GRDB.swift", from: "7.10.0"),
        .package(url: "https://github.com/swift-server/async-http-client", from: "1.37.0"),
        .package(url: "https://github.com/swift-server/swift-service-lifecycle", from: "2.13.0"),
        .package(url: "https://github.com/vapor/jwt-kit", from: "5.7.1"),
        .package(url: "https://github.com/HdrHistogram/hdrhistogram-swift", from: "0.2.0"),
    ],
    targets: [
        // JSON, strictly read, and the one place where it is written.
        kit("JSON"),
        // The vocabulary: what an endpoint is. No I/O.
        kit("Endpoints", ["JSON"]),
        // Work beside the calls: threads for what blocks, retries, one piece of work for many who wait.
        kit("Background", [deque]),
        // Calls, handlers, the dispatcher, clients. Knows no transport.
        kit("RPC", ["Background", "Endpoints", "JSON", logging, metrics, tracing]),
        // The rules that every transport must keep, as checks for those who write one, and helpers for tests of services.
        kit("RPCTesting", ["Endpoints", "JSON", "RPC"]),
        // JSON Web Keys and Signatures as texts: read and written strictly. No cryptography.
        kit("JOSE", ["Endpoints", "JSON"]),
        // The keys and revocations that an issuer publishes. No cryptography.
        kit("Trust", ["Endpoints", "JOSE"]),
        // libsodium: signatures and hashes of tokens, passwords, CURVE.
        .systemLibrary(name: "CSodium", path: "Sources/Kit/CSodium", providers: [.apt(["libsodium-dev"])]),
        // JSON Web Tokens: who signs, who verifies.
        kit("Tokens", ["Background", "CSodium", "JOSE", "JSON", "RPC", "Trust"]),
        // The rules for text and private files from outside.
        kit("Files"),
        // The descriptors of the process, and those that connections leave to all else.
        kit("Descriptors"),
        // Passwords: Argon2id, on threads of its own.
        kit("Passwords", ["Background", "CSodium", "Endpoints"], resources: [.embedInCode("common.txt")]),
        // PostgreSQL: connections on threads of their own, transactions. The only importer of libpq.
        .systemLibrary(name: "CPostgres", path: "Sources/Kit/CPostgres", providers: [.apt(["libpq-dev"])]),
        kit("Postgres", ["Background", "CPostgres", deque]),
        // The protocol of ZeroMQ sockets, CURVE included, without I/O.
        kit("ZMTP", ["CSodium"]),
        // A thread that waits for descriptors, timers and jobs at once, and is the executor of actors.
        .systemLibrary(name: "CEvents", path: "Sources/Kit/CEvents"),
        kit("EventLoop", ["CEvents"]),
        // The system's stream sockets and their addresses, for both transports.
        kit("Sockets", ["CEvents", "EventLoop"]),
        // ZeroMQ sockets over the system's, and libzmq as Swift types to compare with.
        .systemLibrary(name: "CZeroMQ", path: "Sources/Kit/CZeroMQ", providers: [.apt(["libzmq3-dev"])]),
        kit("ZeroMQ", ["CZeroMQ", "Descriptors", "EventLoop", "Sockets", "ZMTP"]),
        // Metrics, for Prometheus to read.
        kit("Telemetry", [logging, metrics]),
        // Bodies in the format of gzip.
        .systemLibrary(name: "CZlib", path: "Sources/Kit/CZlib", providers: [.apt(["zlib1g-dev"])]),
        kit("Gzip", ["CZlib"] + nio),
        // Spans, sent to a collector of OpenTelemetry.
        kit("OTLP", ["Background", "Gzip", "JSON", "RPC", deque, logging, metrics, tracing, httpClient, tls] + nio),
        // The two wires.
        .systemLibrary(name: "CMalloc", path: "Sources/Kit/CMalloc"),
        kit(
            "HTTPTransport",
            [
                "CMalloc", "Descriptors", "EventLoop", "Gzip", "JSON", "RPC", "Sockets", httpClient, logging, metrics,
            ] + nio),
        kit("ZeroMQTransport", ["EventLoop", "JSON", "RPC", "ZMTP", "ZeroMQ", deque, logging, metrics]),
        // The documents of a contract.
        kit("Documents", ["Endpoints", "JSON"], resources: explorer),
        // A service as a process: settings, fronts, peers, health, a clean end.
        kit(
            "Hosting",
            [
                "Background", "Descriptors", "EventLoop", "Files", "JSON", "Tokens", "Telemetry", "OTLP",
                "HTTPTransport", "ZeroMQTransport", "Documents", lifecycle, signals, logging, metrics, tracing,
            ]),
        // The cost of calls: loads, rounds, and the significance of a difference.
        kit("Measuring", [histogram]),
        // The services: one contract each, as data, and the actor that keeps it.
        service("Contracts", ["Endpoints", "JOSE", "Trust"]),
        // Trust in auth's tokens, for every other process: keys, revocations, introspection.
        service("AuthClient", ["Contracts", "Hosting", "RPC", "Tokens", "Trust", logging]),
        service(
            "Auth",
            [
                "Background", "Contracts", "Files", "JOSE", "JSON", "Passwords", "RPC", "Tokens", "Trust", logging,
                metrics,
            ]),
        // The stores of auth: a file, or a PostgreSQL database.
        service("AuthSQLite", ["Auth", "Background", "Contracts", "Files", "JSON", "RPC", grdb, logging]),
        service("AuthPostgres", ["Auth", "JSON", "Postgres"]),
        service("Resource", ["Contracts", "RPC"]),
        service("WebApp", ["Background", "Contracts", "JSON", "RPC", "Measuring"], resources: page),
        service("Boilerplate", ["Contracts", "RPC"]),
        // The services of this family as processes: what each is built from, and its settings.
        star(
            "Services",
            [
                "Auth", "AuthClient", "AuthPostgres", "AuthSQLite", "Resource", "WebApp", "Boilerplate",
                "Contracts", "Documents", "Files", "Hosting", "HTTPTransport", "Passwords", "Postgres", "RPC",
                "Tokens", logging,
            ]),
        // The cost of calls over each wire, beside that of libzmq and of a socket alone.
        star(
            "Bench",
            [
                "Background", "Contracts", "CZeroMQ", "EventLoop", "Hosting", "HTTPTransport", "JOSE", "JSON",
                "Measuring", "Resource", "RPC", "Tokens", "ZeroMQ", "ZeroMQTransport", signals,
            ]),
        // A new service, from the boilerplate.
        star("Scaffold", ["Files", "Hosting", "StarServices"]),
        // The command people type.
        .executableTarget(
            name: "star",
            dependencies: [
                "StarServices", "StarBench", "StarScaffold", "Auth", "AuthSQLite", "Background", "Contracts",
                "Documents", "EventLoop", "Files", "Hosting", "HTTPTransport", "JOSE", "JSON", "Measuring", "Passwords",
                "RPC", "Tokens", "ZeroMQ", "ZeroMQTransport", arguments, logging,
            ],
            path: "Sources/star/Commands", swiftSettings: strict),
        // The tests mirror the sources.
        tests("JSONTests", ["JSON"]),
        tests("EndpointsTests", ["Endpoints", "JSON"]),
        tests(
            "RPCTests",
            [
                "RPC", logging, .product(name: "InMemoryLogging", package: "swift-log"),
                .product(name: "MetricsTestKit", package: "swift-metrics"), tracing, "RPCTesting", "Waiting",
            ]),
        tests("JOSETests", ["JOSE", "JSON"]),
        tests("TokensTests", ["Tokens", "HTTPTransport", "ZeroMQTransport", crypto, jwt]),
        tests("FilesTests", ["Files"]),
        tests("DescriptorsTests", ["Descriptors"]),
        tests("BackgroundTests", ["Background"]),
        tests("PasswordsTests", ["CMalloc", "Passwords"]),
        // A PostgreSQL server of a test's own.
        .target(
            name: "PostgresServer", dependencies: ["Postgres", "Waiting"], path: "Tests/PostgresServer",
            swiftSettings: strict),
        // A disk that is full or read-only on demand.
        .target(
            name: "FaultyDisk", path: "Tests/FaultyDisk", resources: [.copy("faulty_disk.c")], swiftSettings: strict),
        tests("PostgresTests", ["Postgres", "PostgresServer", "Waiting"]),
        // Random numbers that can be had again.
        .target(name: "Noise", path: "Tests/Support/Noise", swiftSettings: strict),
        // The one way to wait for what happens elsewhere.
        .target(name: "Waiting", path: "Tests/Support/Waiting", swiftSettings: strict),
        // Directories that go with their tests.
        .target(name: "TemporaryFiles", path: "Tests/Support/TemporaryFiles", swiftSettings: strict),
        // Messages over ZMTP for peers without a protocol of their own.
        .target(
            name: "RawZMTP", dependencies: ["ZMTP", "ZeroMQ"], path: "Tests/Support/RawZMTP", swiftSettings: strict),
        // HTTP as any client speaks it.
        .target(
            name: "Web", dependencies: ["JSON", httpClient] + nio, path: "Tests/Support/Web", swiftSettings: strict),
        tests("ZMTPTests", ["ZMTP", "Noise"]),
        tests("EventLoopTests", ["EventLoop"]),
        tests("ZeroMQTests", ["RawZMTP", "Sockets", "Waiting", "ZeroMQ"]),
        tests("TelemetryTests", ["Telemetry", logging, .product(name: "InMemoryLogging", package: "swift-log")]),
        // A collector that keeps what it is sent.
        .target(name: "Collector", dependencies: nio + [tls], path: "Tests/Support/Collector", swiftSettings: strict),
        tests(
            "OTLPTests",
            [
                "OTLP", "Collector", tls, logging, .product(name: "InMemoryLogging", package: "swift-log"), tracing,
                .product(name: "MetricsTestKit", package: "swift-metrics"),
            ]),
        tests(
            "HTTPTransportTests",
            ["HTTPTransport", "JSON", "Noise", "RPCTesting", "Sockets", "Waiting", "Web", httpClient, embedded]),
        tests(
            "ZeroMQTransportTests",
            ["ZeroMQTransport", "Noise", "RawZMTP", "RPCTesting", "Sockets", "TemporaryFiles", "Waiting"],
            resources: [.copy("wire_vectors.json")]),
        tests("TransportTests", ["HTTPTransport", "RawZMTP", "RPCTesting", "Waiting", "ZeroMQTransport", httpClient]),
        tests(
            "DocumentsTests",
            [
                "Documents", "Hosting", "Auth", "AuthSQLite", "Resource", "WebApp", "Boilerplate",
                "Passwords", "StarServices", "TemporaryFiles", httpClient,
            ]),
        tests("HostingTests", ["Background", "Hosting", "TemporaryFiles", "Waiting", lifecycle, logging]),
        tests("MeasuringTests", ["Measuring"]),
        tests("BenchTests", ["JSON", "Measuring", "StarBench"]),
        tests(
            "AuthStoreTests",
            [
                "Auth", "AuthPostgres", "AuthSQLite", "Background", "Files", "PostgresServer", "FaultyDisk",
                "TemporaryFiles", "Tokens", "Waiting", grdb,
            ]),
        tests(
            "AccessTests",
            [
                "Auth", "AuthSQLite", "Resource", "WebApp", "Boilerplate",
                "Contracts", "HTTPTransport", "TemporaryFiles", "ZeroMQTransport",
            ]),
        tests(
            "ServicesTests",
            [
                "Auth", "AuthSQLite", "Resource", "WebApp", "Boilerplate",
                "Measuring", "Passwords", "TemporaryFiles", "Waiting",
            ]),
        // Readers of foreign bytes, fed with mutations of good ones; Tests/Fuzzing runs the same targets under libFuzzer.
        tests(
            "FuzzingTests",
            [
                "JSON", "Endpoints", "RPC", "ZMTP", "ZeroMQTransport", "HTTPTransport", "JOSE", "Tokens", "Hosting",
                "Noise",
            ] + nio.prefix(1)),
        // Clocks, threads and random numbers of a process that a seed decides.
        .target(name: "SimulatedSystem", path: "Tests/Support/SimulatedSystem"),
        tests("SimulatorTests", ["JOSE", "SimulatedSystem", "ZeroMQTransport", "Tokens", "Trust"]),
        tests("ArticlesTests", ["Background", "RPC", "Hosting", "OTLP", logging, tracing]),
        tests(
            "SystemTests",
            [
                "Auth", "AuthSQLite", "Collector", "Contracts", "HTTPTransport", "ZeroMQTransport", "Postgres",
                "PostgresServer", "FaultyDisk", "Waiting", "Web", "StarScaffold", "StarServices", "star", arguments,
                grdb,
            ]),
    ]
)
