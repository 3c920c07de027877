// swift-tools-version: 6.1
import PackageDescription

// A package of somebody else: it depends on the kit, and imports products only. Tests/Outside/check builds and runs it.
func kit(_ product: String) -> Target.Dependency { .product(name: product, package: "starmicroservices") }

let nio = ["NIOCore", "NIOPosix"].map { Target.Dependency.product(name: $0, package: "swift-nio") }

let package = Package(
    name: "outside",
    dependencies: [
        .package(name: "starmicroservices", path: "../.."),
        .package(url: "https://github.com/apple/swift-metrics", from: "2.13.0"),
        .package(url: "https://github.com/apple/swift-nio", from: "2.101.2"),
    ],
    targets: [
        // A service with a contract of its own, that trusts auth's tokens.
        .executableTarget(name: "greeter", dependencies: ["AuthClient", "Endpoints", "Hosting", "RPC"].map(kit)),
        // Two services with contracts of their own, one of which follows the other's events.
        .executableTarget(
            name: "shop", dependencies: ["AuthClient", "Contracts", "Endpoints", "Hosting", "RPC"].map(kit)),
        // A program that calls auth and resource by their contracts, over either wire.
        .executableTarget(
            name: "asker",
            dependencies: ["Contracts", "Endpoints", "HTTPTransport", "RPC", "ZeroMQ", "ZeroMQTransport"].map(kit)),
        // A third transport: JSON lines over a Unix socket.
        .target(name: "Lines", dependencies: ["Endpoints", "RPC"].map(kit) + nio),
        .testTarget(
            name: "OutsideTests",
            dependencies: ["greeter", "shop", "Lines", .product(name: "Metrics", package: "swift-metrics")]
                + [
                    "AuthClient", "Contracts", "Documents", "Endpoints", "Hosting", "Measuring", "RPC", "RPCTesting",
                    "Telemetry", "Tokens", "ZeroMQ",
                ].map(kit)),
    ]
)
