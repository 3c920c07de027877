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
            .required("done", .integer(0...1_000_000, example: 600), "Calls made so far."),
            .required("calls", .integer(0...1_000_000, example: 2000), "Calls that it makes in all."),
            .required(
                "bounds", .array(of: .number(0...60_000_000, example: 20.5)),
                "The upper bounds of the histograms' steps, in microseconds. One more step has none."),
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
        public let done: Int
        public let calls: Int
        public let bounds: [Double]
        public let wires: [WireFigures]

        public init(
            run: Int, state: State, detail: String? = nil, done: Int, calls: Int, bounds: [Double], wires: [WireFigures]
        ) {
            self.run = run
            self.state = state
            self.detail = detail
            self.done = done
            self.calls = calls
            self.bounds = bounds
            self.wires = wires
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

        /// - Parameter sorted: the times in microseconds, the shortest first.
        public init(link: Link, failed: Int, sorted: [Double], counts: [Int]) {
            self.link = link
            calls = sorted.count
            self.failed = failed
            p50 = sorted.share(0.5)
            p90 = sorted.share(0.9)
            p99 = sorted.share(0.99)
            longest = sorted.last
            self.counts = counts
        }
    }
}

extension [Double] {
    /// The smallest element that is not less than this share of all; `nil` where there is none.
    fileprivate func share(_ share: Double) -> Double? {
        isEmpty ? nil : self[Swift.min(count - 1, Int((Double(count) * share).rounded(.up)) - 1)]
    }
}
