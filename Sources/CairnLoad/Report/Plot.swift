import Foundation

/// A line plot as inline SVG: linear or logarithmic axes, grid, legend. No script, no network.
struct Plot {
    struct Line {
        var name: String
        var points: [(x: Double, y: Double)]
        var mark = Mark.line
    }
    /// How points are drawn: joined, joined with dashes, or each alone (full or hollow).
    enum Mark { case line, dashed, dots, rings }
    enum Scale { case linear, logarithmic }

    var title: String
    var xLabel: String
    var yLabel: String
    var yScale = Scale.linear
    var xScale = Scale.linear
    /// Spells a value of an axis.
    var xText: (Double) -> String = { Plot.short($0) }
    var yText: (Double) -> String = { Plot.short($0) }
    /// The least distance of two marks on the horizontal axis.
    var xStepMin = 0.0
    var lines: [Line]

    private static let width = 760.0
    private static let height = 300.0
    private static let left = 78.0
    /// Room for half of the last mark's text.
    private static let right = 44.0
    private static let top = 12.0
    private static let bottom = 44.0

    /// The plot with its title, or nothing when there is nothing to show.
    var html: String {
        let shown = lines.map { line in
            Line(
                name: line.name, points: line.points.filter { isShown($0) }, mark: line.mark)
        }.filter { !$0.points.isEmpty }
        guard !shown.isEmpty else { return "" }
        let all = shown.flatMap(\.points)
        let x = Axis(all.map(\.x), xScale, isFromZero: false, stepMin: xStepMin)
        let y = Axis(all.map(\.y), yScale, isFromZero: true)
        var svg =
            "<svg viewBox=\"0 0 \(Int(Self.width)) \(Int(Self.height))\" role=\"img\" "
            + "aria-label=\"\(escaped(title))\">"
        svg += grid(x, y)
        for (index, line) in shown.enumerated() { svg += path(line, index, x, y) }
        svg += "</svg>"
        let legend = shown.enumerated().map { index, line in
            "<span><i class=\"k\(index % 8)\"></i>\(escaped(line.name))</span>"
        }.joined()
        return "<figure><figcaption>\(escaped(title))</figcaption>\(svg)"
            + "<div class=\"legend\">\(legend)</div></figure>"
    }

    private func isShown(_ point: (x: Double, y: Double)) -> Bool {
        point.x.isFinite && point.y.isFinite && (xScale == .linear || point.x > 0)
            && (yScale == .linear || point.y > 0)
    }

    private func place(_ x: Double, _ axis: Axis) -> Double {
        Self.left + axis.position(x) * (Self.width - Self.left - Self.right)
    }

    private func level(_ y: Double, _ axis: Axis) -> Double {
        Self.height - Self.bottom - axis.position(y) * (Self.height - Self.top - Self.bottom)
    }

    private func grid(_ x: Axis, _ y: Axis) -> String {
        var svg = ""
        let floor = Self.height - Self.bottom
        for tick in y.ticks {
            let at = Format.fixed(level(tick, y), 1)
            svg +=
                "<line class=\"g\" x1=\"\(Self.left)\" x2=\"\(Self.width - Self.right)\" "
                + "y1=\"\(at)\" y2=\"\(at)\"/><text class=\"e\" x=\"\(Self.left - 8)\" "
                + "y=\"\(at)\" dy=\"4\">\(escaped(yText(tick)))</text>"
        }
        for tick in x.ticks {
            let at = Format.fixed(place(tick, x), 1)
            svg +=
                "<line class=\"g\" x1=\"\(at)\" x2=\"\(at)\" y1=\"\(Self.top)\" y2=\"\(floor)\"/>"
                + "<text class=\"m\" x=\"\(at)\" y=\"\(floor + 16)\">"
                + "\(escaped(xText(tick)))</text>"
        }
        svg +=
            "<text class=\"m\" x=\"\((Self.left + Self.width) / 2)\" y=\"\(Self.height - 6)\">"
            + "\(escaped(xLabel))</text><text class=\"m\" transform=\"translate(14 "
            + "\((Self.top + floor) / 2)) rotate(-90)\">\(escaped(yLabel))</text>"
        return svg
    }

    private func path(_ line: Line, _ index: Int, _ x: Axis, _ y: Axis) -> String {
        let points = line.points.map {
            Format.fixed(place($0.x, x), 1) + "," + Format.fixed(level($0.y, y), 1)
        }
        let isAlone = points.count == 1 || line.mark == .dots || line.mark == .rings
        if isAlone {
            let shape = line.mark == .rings ? "r\(index % 8)" : "c\(index % 8)"
            return line.points.map { point in
                "<circle class=\"\(shape)\" r=\"3\" cx=\"\(Format.fixed(place(point.x, x), 1))\" "
                    + "cy=\"\(Format.fixed(level(point.y, y), 1))\"/>"
            }.joined()
        }
        let dashes = line.mark == .dashed ? " stroke-dasharray=\"5 4\"" : ""
        return "<polyline class=\"c\(index % 8)\"\(dashes) "
            + "points=\"\(points.joined(separator: " "))\"/>"
    }

    /// 1.5 k, 2 M
    static func short(_ value: Double) -> String {
        switch abs(value) {
        case 1e6...: trimmed(value / 1e6) + " M"
        case 1e3...: trimmed(value / 1e3) + " k"
        default: trimmed(value)
        }
    }

    /// A latency given in microseconds.
    static func latency(_ value: Double) -> String {
        switch value {
        case 1e6...: trimmed(value / 1e6) + " s"
        case 1e3...: trimmed(value / 1e3) + " ms"
        default: trimmed(value) + " µs"
        }
    }

    private static func trimmed(_ value: Double) -> String {
        value == value.rounded() ? String(Int(value)) : Format.fixed(value, value < 1 ? 2 : 1)
    }
}

/// One axis: its range, and where its marks are.
private struct Axis {
    let low: Double
    let high: Double
    let scale: Plot.Scale
    let ticks: [Double]

    init(
        _ values: [Double], _ scale: Plot.Scale, isFromZero: Bool, stepMin: Double = 0
    ) {
        self.scale = scale
        let least = values.min() ?? 0
        let most = values.max() ?? 1
        switch scale {
        case .logarithmic:
            low = pow(10, log10(least).rounded(.down))
            high = max(pow(10, log10(most).rounded(.up)), low * 10)
            var marks: [Double] = []
            var mark = low
            while mark <= high * 1.001 {
                marks.append(mark)
                mark *= 10
            }
            ticks = marks
        case .linear:
            let base = isFromZero ? 0 : least
            let span = max(most - base, most == base ? max(abs(most), 1) * 0.1 : 1e-9)
            let step = max(Self.step(span), stepMin)
            low = isFromZero ? 0 : (base / step).rounded(.down) * step
            high = max(Self.ceiling(most, step), low + step)
            let count = Int(((high - low) / step).rounded())
            let lowest = low
            ticks = (0...max(count, 1)).map { lowest + Double($0) * step }
        }
    }

    /// A step of 1, 2 or 5 times a power of ten that makes four to eight marks.
    private static func step(_ span: Double) -> Double {
        let raw = span / 6
        let power = pow(10, log10(raw).rounded(.down))
        let digit = raw / power
        return power * (digit < 1.5 ? 1 : digit < 3.5 ? 2 : digit < 7.5 ? 5 : 10)
    }

    private static func ceiling(_ value: Double, _ step: Double) -> Double {
        (value / step).rounded(.up) * step
    }

    func position(_ value: Double) -> Double {
        switch scale {
        case .linear: (value - low) / (high - low)
        case .logarithmic: (log10(value) - log10(low)) / (log10(high) - log10(low))
        }
    }
}

/// Text as it may stand in HTML and in attributes.
func escaped(_ text: String) -> String {
    var result = ""
    for character in text {
        switch character {
        case "&": result += "&amp;"
        case "<": result += "&lt;"
        case ">": result += "&gt;"
        case "\"": result += "&quot;"
        default: result.append(character)
        }
    }
    return result
}
