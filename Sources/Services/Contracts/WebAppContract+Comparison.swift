public import Endpoints

extension WebAppContract {
    /// The wires to resource beside each other.
    public struct WireComparison: Payload, Equatable {
        public static let schema = Schema.object(
            .required("run", .integer(0...1_000_000_000, example: 1), "Which comparison it is; 0 before the first."),
            .required(
                "state", .string(values: State.allCases.map(\.rawValue), example: "running"),
                "Whether it goes on, has ended, or was given up."),
            .optional("detail", .string(example: "There is no connection."), "Why it was given up."),
            .required("progress", .number(0...1, example: 0.25), "Which part of it is done."),
            .required(
                "bounds", .array(of: .number(0...60_000_000, example: 20.5)),
                "The upper bounds of the histograms' steps, in microseconds. One more step has none."),
            .optional("ratio", WireRatio.schema, "The last wire beside the first; not there before that can be told."),
            .required("wires", .array(of: WireFigures.schema), "What was measured, wire by wire."))

        public enum State: String, Codable, Sendable, CaseIterable {
            /// Nothing was ever started.
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

    /// How many times as long calls over the last wire take as those over the first.
    public struct WireRatio: Codable, Sendable, Equatable {
        public static let schema = Schema.object(
            .required("value", .number(0...1_000_000, example: 4.5), "The median of the rounds."),
            .required("low", .number(0...1_000_000, example: 4.2), "The least that it may be, with 95 % confidence."),
            .required("high", .number(0...1_000_000, example: 4.9), "The greatest."),
            .required("is_difference", .boolean(example: true), "Whether it is more than the run's own noise."))

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
    public struct WireFigures: Codable, Sendable, Equatable {
        public static let schema = Schema.object(
            .required("link", Link.schema, "The wire."),
            .required("calls", .integer(0...1_000_000, example: 300), "Calls that were answered."),
            .required("failed", .integer(0...1_000_000, example: 0), "Calls that were not."),
            .optional("p50", .number(0...60_000_000, example: 201.5), "Half of the calls took so long at most."),
            .optional("p90", .number(0...60_000_000, example: 260.5), "90 of 100 did, in microseconds."),
            .optional("p99", .number(0...60_000_000, example: 410.5), "99 of 100 did."),
            .optional("longest", .number(0...60_000_000, example: 950.5), "The longest."),
            .required("counts", .array(of: .integer(0...1_000_000, example: 12)), "Calls, step by step."))

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
