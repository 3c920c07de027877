import RPC

/// Decides which traces are recorded, by the names of OpenTelemetry's `OTEL_TRACES_SAMPLER`.
public struct Sampler: Sendable, Equatable {
    public enum Name: String, Sendable, CaseIterable {
        case always = "always_on"
        case never = "always_off"
        case ratio = "traceidratio"
        case parentOrAlways = "parentbased_always_on"
        case parentOrNever = "parentbased_always_off"
        case parentOrRatio = "parentbased_traceidratio"
    }

    private let followsParent: Bool
    private let ratio: Double

    /// - Parameter ratio: the part of all traces that the samplers by ratio record, from 0 to 1.
    public init(_ name: Name = .parentOrAlways, ratio: Double = 1) {
        followsParent = [.parentOrAlways, .parentOrNever, .parentOrRatio].contains(name)
        self.ratio =
            switch name {
            case .always, .parentOrAlways: 1
            case .never, .parentOrNever: 0
            case .ratio, .parentOrRatio: min(max(ratio, 0), 1)
            }
    }

    /// True if a span is to be recorded. All spans of a trace get the same answer, in every process with the same ratio.
    ///
    /// - Parameters:
    ///   - trace: of the span.
    ///   - parent: of the span that caused it, if one did.
    func records(_ trace: TraceContext, childOf parent: TraceContext?) -> Bool {
        if followsParent, let parent { return parent.isSampled }
        // The last 14 digits are random (W3C Trace Context, level 2).
        guard ratio < 1 else { return true }
        let number = UInt64(trace.traceID.suffix(14), radix: 16) ?? 0
        return Double(number) < ratio * Double(1 << 56 as UInt64)
    }
}
