public import Testing

/// A rule that holds on every transport. A violation is an issue of the test that runs the check.
public struct ConformanceCheck: Sendable {
    /// The rule, as a sentence. It is unique.
    public let name: String
    /// True if only a transport with a wire can break it.
    let isRemote: Bool

    private let body: @Sendable (ConformanceRig) async throws -> Void

    init(_ name: String, isRemote: Bool = false, _ body: @escaping @Sendable (ConformanceRig) async throws -> Void) {
        self.name = name
        self.isRemote = isRemote
        self.body = body
    }

    /// Serves a service of its own over a transport, calls it, and closes the transport.
    ///
    /// - Throws: whatever keeps the check from its end; `TestTransport` may throw anything.
    public func run(on transport: some TestTransport) async throws {
        try await ConformanceRig.run(transport, body)
    }
}

extension ConformanceCheck: CustomTestStringConvertible {
    public var testDescription: String { name }
}
