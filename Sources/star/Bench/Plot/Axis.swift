import Foundation

/// One direction of a chart: where values go, and which of them are written beside it.
struct Axis: Equatable {
    struct Tick: Equatable {
        let value: Double
        let text: String
    }

    enum Scale: Equatable {
        /// Equal factors have equal lengths.
        case logarithmic
        /// Each nine of a percentile has the same length: 90, 99, 99.9.
        case nines
    }

    let title: String
    let scale: Scale
    let range: ClosedRange<Double>
    let ticks: [Tick]

    /// The position of a value, from 0 to 1; outside of that if the axis does not reach it.
    func position(_ value: Double) -> Double {
        let (low, high) = (Self.place(range.lowerBound, scale), Self.place(range.upperBound, scale))
        return (Self.place(value, scale) - low) / (high - low)
    }

    private static func place(_ value: Double, _ scale: Scale) -> Double {
        switch scale {
        case .logarithmic: log10(max(value, .leastNormalMagnitude))
        case .nines: -log10(max(1 - value / 100, 1e-9))
        }
    }
}

extension Axis {
    /// Percentiles from 0 to as many nines as a number of calls can show.
    static func percentiles(calls: Int) -> Axis {
        let all = [
            (0.0, "0"), (50, "50"), (90, "90"), (99, "99"), (99.9, "99.9"), (99.99, "99.99"), (99.999, "99.999"),
        ]
        let shown = all.filter { $0.0 <= 90 || Double(calls) * (100 - $0.0) >= 99.99 }
        return Axis(
            title: "percentile of calls, %", scale: .nines, range: 0...(shown.last?.0 ?? 90),
            ticks: shown.map { Tick(value: $0.0, text: $0.1) })
    }

    /// Powers of ten, and between them 2 and 5 if there is room, around the values.
    static func magnitudes(_ title: String, _ values: [Double]) -> Axis {
        let positive = values.filter { $0 > 0 }
        let (least, most) = (positive.min() ?? 1, positive.max() ?? 10)
        let decades = (Int(floor(log10(least)))...max(Int(ceil(log10(most))), Int(floor(log10(least))) + 1)).map {
            pow(10, Double($0))
        }
        let fine = decades.count > 4 ? [1.0] : [1, 2, 5]
        let candidates = decades.flatMap { decade in fine.map { $0 * decade } }
        let low = candidates.last { $0 <= least } ?? least
        let high = candidates.first { $0 >= most && $0 > low } ?? most
        return Axis(
            title: title, scale: .logarithmic, range: low...high,
            ticks: candidates.filter { (low...high).contains($0) }.map { Tick(value: $0, text: text($0)) })
    }

    /// Just these values.
    static func values(_ title: String, _ values: [Int]) -> Axis {
        let sorted = values.sorted().map(Double.init)
        let (least, most) = (sorted.first ?? 1, sorted.last ?? 1)
        return Axis(
            title: title, scale: .logarithmic, range: least...max(most, least + 1),
            ticks: sorted.map { Tick(value: $0, text: text($0)) })
    }

    private static func text(_ value: Double) -> String {
        switch value {
        case 1_000_000...: "\((value / 1_000_000).svg) M"
        case 10_000...: "\((value / 1000).svg) k"
        default: value.svg
        }
    }
}
