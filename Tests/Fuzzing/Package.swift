// swift-tools-version: 6.2
import PackageDescription

// The targets of FuzzingTests under libFuzzer. Tests/Fuzzing/check builds and runs it.
func kit(_ product: String) -> Target.Dependency { .product(name: product, package: "starmicroservices") }

let package = Package(
    name: "fuzzing",
    dependencies: [
        .package(name: "starmicroservices", path: "../.."),
        .package(url: "https://github.com/apple/swift-nio", from: "2.101.2"),
    ],
    targets: [
        .target(name: "entry"),
        .executableTarget(
            name: "fuzz",
            dependencies: ["Endpoints", "RPC", "HTTPTransport", "ZeroMQTransport", "Tokens", "Hosting"].map(kit)
                + ["entry", .product(name: "NIOCore", package: "swift-nio")],
            swiftSettings: [.enableUpcomingFeature("InternalImportsByDefault")]),
    ]
)
