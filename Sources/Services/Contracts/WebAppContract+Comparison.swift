public import Endpoints

extension WebAppContract {
    /// A comparison of the wires to resource.
    public struct WireComparison: Payload, Equatable {
        public static let schema = Schema.object(
            .required(
                "run", .integer(0...1_000_000_000, example: 1), "The number of the comparison; 0 before the first."),
            .required(
                "state", .string(values: State.allCases.map(\.rawValue), example: "running"),
                "The state of the comparison."),
            .optional("detail", .string(example: "There is no connection."), "The reason for its failure."),
            .required("progress", .number(0...1, example: 0.25), "The part that is done."),
            .required(
                "bounds", .array(of: .number(0...60_000_000, example: 20.5)),
                "The upper bounds of the histograms' buckets, in microseconds. One more bucket has none."),
            .optional(
                "ratio", .payload(WireRatio.self), "The last wire in relation to the first, once it is significant."),
            .required("wires", .array(of: .payload(WireFigures.self)), "The measurements of each wire."))

        public enum State: String, Codable, Sendable, CaseIterable {
            /// No comparison was started.
            case idle
            case running
            case done
            case failed
        }

        public let run: Int
        public let state: State
        public let detail: String?
        public let progress: Double
        public let bounds: [Double]
        public let ratio: WireRatio?
        public let wires: [WireFigures]

        public init(
            run: Int, state: State, detail: String? = nil, progress: Double, bounds: [Double],
            ratio: WireRatio? = nil, wires: [WireFigures]
        ) {
            self.run = run
            self.state = state
            self.detail = detail
            self.progress = progress
            self.bounds = bounds
            self.ratio = ratio
            self.wires = wires
        }
    }

    /// The ratio of the times of calls over the last wire and the first.
    public struct WireRatio: Payload, Equatable {
        public static let schema = Schema.object(
            .required("value", .number(0...1_000_000, example: 4.5), "The median of the rounds."),
            .required("low", .number(0...1_000_000, example: 4.2), "The lower bound of the 95 % confidence interval."),
            .required("high", .number(0...1_000_000, example: 4.9), "The upper bound of the 95 % confidence interval."),
            .required("is_difference", .boolean(example: true), "True if it exceeds the noise of the run."))

        public let value: Double
        public let low: Double
        public let high: Double
        public let isDifference: Bool

        public init(value: Double, low: Double, high: Double, isDifference: Bool) {
            self.value = value
            self.low = low
            self.high = high
            self.isDifference = isDifference
        }

        enum CodingKeys: String, CodingKey {
            case value
            case low
            case high
            case isDifference = "is_difference"
        }
    }

    /// The times of calls over one wire.
    public struct WireFigures: Payload, Equatable {
        public static let schema = Schema.object(
            .required("link", Link.schema, "The wire."),
            .required("calls", .integer(0...1_000_000, example: 300), "The number of successful calls."),
            .required("failed", .integer(0...1_000_000, example: 0), "The number of failed calls."),
            .optional("p50", .number(0...60_000_000, example: 201.5), "The median time of a call, in microseconds."),
            .optional("p90", .number(0...60_000_000, example: 260.5), "The 90th percentile, in microseconds."),
            .optional("p99", .number(0...60_000_000, example: 410.5), "The 99th percentile, in microseconds."),
            .optional("longest", .number(0...60_000_000, example: 950.5), "The maximum, in microseconds."),
            .required("counts", .array(of: .integer(0...1_000_000, example: 12)), "The number of calls in each bucket.")
        )

        public let link: Link
        public let calls: Int
        public let failed: Int
        public let p50: Double?
        public let p90: Double?
        public let p99: Double?
        public let longest: Double?
        public let counts: [Int]

        public init(
            link: Link, calls: Int, failed: Int, p50: Double?, p90: Double?, p99: Double?, longest: Double?,
            counts: [Int]
        ) {
            self.link = link
            self.calls = calls
            self.failed = failed
            self.p50 = p50
            self.p90 = p90
            self.p99 = p99
            self.longest = longest
            self.counts = counts
        }
    }
}
