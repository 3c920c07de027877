/// Lines over two axes.
struct Chart {
    struct DataLine {
        let name: String
        let style: LineStyle
        let points: [(x: Double, y: Double)]
        /// True if each point is marked: few values, and not a curve.
        let hasMarks: Bool
    }

    static let (width, height) = (470.0, 330.0)
    private static let (left, top, right, bottom) = (58.0, 34.0, 14.0, 46.0)

    let title: String
    let x: Axis
    let y: Axis
    let lines: [DataLine]

    private var inner: (width: Double, height: Double) {
        (Self.width - Self.left - Self.right, Self.height - Self.top - Self.bottom)
    }

    /// - Parameter origin: of the upper left corner.
    func svg(at origin: (x: Double, y: Double)) -> SVG {
        SVG(
            "g", ["transform": "translate(\(origin.x.svg) \(origin.y.svg))"],
            [SVG("text", ["class": "title", "x": Self.left, "y": 20], text: title)]
                + x.ticks.flatMap(column) + y.ticks.flatMap(row) + titles + lines.flatMap(draw))
    }

    private func place(_ point: (x: Double, y: Double)) -> (x: Double, y: Double) {
        (
            Self.left + min(max(x.position(point.x), 0), 1) * inner.width,
            Self.top + (1 - min(max(y.position(point.y), 0), 1)) * inner.height
        )
    }

    private func column(_ tick: Axis.Tick) -> [SVG] {
        let x = place((tick.value, 1)).x
        let foot = Self.top + inner.height
        return [
            SVG("line", ["class": "grid", "x1": x, "x2": x, "y1": Self.top, "y2": foot]),
            SVG("text", ["class": "tick", "x": x, "y": foot + 16, "text-anchor": "middle"], text: tick.text),
        ]
    }

    private func row(_ tick: Axis.Tick) -> [SVG] {
        let y = place((1, tick.value)).y
        return [
            SVG("line", ["class": "grid", "x1": Self.left, "x2": Self.left + inner.width, "y1": y, "y2": y]),
            SVG("text", ["class": "tick", "x": Self.left - 6, "y": y + 4, "text-anchor": "end"], text: tick.text),
        ]
    }

    private var titles: [SVG] {
        let middle = Self.top + inner.height / 2
        return [
            SVG(
                "text",
                ["class": "axis", "x": Self.left + inner.width / 2, "y": Self.height - 10, "text-anchor": "middle"],
                text: x.title),
            SVG(
                "text",
                ["class": "axis", "transform": "translate(12 \(middle.svg)) rotate(-90)", "text-anchor": "middle"],
                text: y.title),
        ]
    }

    private func draw(_ line: DataLine) -> [SVG] {
        let places = line.points.map(place)
        let path = places.map { "\($0.x.svg),\($0.y.svg)" }.joined(separator: " ")
        let stroke = SVG("polyline", ["class": "line \(line.style.name)", "points": path])
        guard line.hasMarks else { return [stroke] }
        return [stroke]
            + places.map { SVG("circle", ["class": "mark \(line.style.name)", "cx": $0.x, "cy": $0.y, "r": 3]) }
    }
}
