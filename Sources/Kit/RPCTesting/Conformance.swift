public import Testing

/// The rules that hold on every transport alike: values, access, deadlines, cancellation, refusals, identity, timings, load,
/// outages, and the end of a service.
///
/// The author of a transport holds it to them, with Swift Testing:
///
/// ```swift
/// @Suite("JSON lines", .serialized, .timeLimit(.minutes(1)))
/// struct LineTests {
///     @Test("keep a rule of every transport", arguments: Conformance.checks(for: LineTransport.traits))
///     func conforms(check: ConformanceCheck) async throws {
///         try await check.run(on: LineTransport())
///     }
/// }
/// ```
public enum Conformance {
    /// All checks, in the order in which a reader learns of the rules.
    public static let checks: [ConformanceCheck] =
        ValueChecks.checks + IdentityChecks.checks + AccessChecks.checks + RefusalChecks.checks + DeadlineChecks.checks
        + CancellationChecks.checks + TimingChecks.checks + LoadChecks.checks + OutageChecks.checks
        + EndingChecks.checks

    /// The checks that a transport of these traits has to pass.
    public static func checks(for traits: TransportTraits) -> [ConformanceCheck] {
        checks.filter { traits.isRemote || !$0.isRemote }
    }
}

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
