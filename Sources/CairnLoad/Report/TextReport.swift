import Cairn
import Foundation

/// Numbers for people.
package enum Format {
    /// 1,234,567
    package static func grouped(_ value: Double) -> String {
        let digits = String(Int64(max(min(value, 9e18), 0).rounded()))
        var result = ""
        for (index, digit) in digits.enumerated() {
            if index > 0 && (digits.count - index) % 3 == 0 { result.append(",") }
            result.append(digit)
        }
        return result
    }

    /// Microseconds as µs, ms or s, four characters and a unit.
    package static func latency(_ microseconds: Double) -> String {
        switch microseconds {
        case ..<1000: significant(microseconds) + " µs"
        case ..<1_000_000: significant(microseconds / 1000) + " ms"
        default: significant(microseconds / 1_000_000) + " s"
        }
    }

    /// Bytes a second.
    package static func bytes(_ value: Double) -> String {
        switch value {
        case ..<1024: "\(Int(value)) B/s"
        case ..<1_048_576: significant(value / 1024) + " KiB/s"
        case ..<1_073_741_824: significant(value / 1_048_576) + " MiB/s"
        default: significant(value / 1_073_741_824) + " GiB/s"
        }
    }

    /// Three significant digits below 100, none behind the point above.
    package static func significant(_ value: Double) -> String {
        value < 10 ? fixed(value, 2) : value < 100 ? fixed(value, 1) : fixed(value, 0)
    }

    package static func fixed(_ value: Double, _ digits: Int) -> String {
        String(format: "%.\(digits)f", value)
    }

    package static func padded(_ text: String, _ width: Int) -> String {
        String(repeating: " ", count: max(0, width - text.count)) + text
    }
}

/// The lines and tables `cairn bench` prints.
package enum TextReport {
    /// A second of a run, for the progress line.
    package static func progress(_ sample: LoadSample) -> String {
        let counts = sample.counts
        let latency = sample.latency
        var line =
            "\(Format.padded(String(sample.second), 4)) s  "
            + Format.padded(Format.grouped(Double(counts.requests)), 11) + " req  p50 "
            + Format.padded(Format.latency(Double(latency.percentile(50)) / 1000), 8) + "  p99 "
            + Format.padded(Format.latency(Double(latency.percentile(99)) / 1000), 8)
        if counts.reads > 0 {
            let ratio = Double(counts.hits) / Double(counts.reads) * 100
            line += "  hits \(Format.fixed(ratio, 1)) %"
        }
        if counts.errors > 0 { line += "  errors \(counts.errors)" }
        if counts.mismatches > 0 { line += "  MISMATCHES \(counts.mismatches)" }
        return line
    }

    /// The table at the end of a phase.
    package static func summary(_ title: String, _ m: BenchDocument.Measurement) -> String {
        var lines = [
            "\(title): \(Format.grouped(Double(m.requests))) requests in "
                + "\(Format.fixed(m.seconds, 2)) s",
            "  requests/s     \(Format.grouped(m.requestsPerSecond))",
        ]
        if let offered = m.offeredPerSecond, let unsent = m.unsent {
            lines.append(
                "  offered/s      \(Format.grouped(offered))  (not sent in time: \(unsent))")
        }
        if m.reads > 0 {
            lines.append(
                "  value bytes    read \(Format.bytes(m.valueBytesReadPerSecond))")
            lines.append(
                "  hits           \(Format.grouped(Double(m.hits))) of "
                    + "\(Format.grouped(Double(m.reads))) "
                    + "(\(Format.fixed(m.hitRatio * 100, 2)) %)")
        }
        if let verified = m.verified {
            let verdict = m.mismatches == 0 ? "every byte right" : "\(m.mismatches) WRONG"
            lines.append("  verified       \(Format.grouped(Double(verified))) values: \(verdict)")
        }
        if m.writes > 0 {
            lines.append(
                "  value bytes    written \(Format.bytes(m.valueBytesWrittenPerSecond))")
        }
        // Without an answer there is nothing to divide by.
        if m.requests > 0 { lines += costs(m) }
        lines += faults(m)
        return lines.joined(separator: "\n") + "\n"
    }

    private static func costs(_ m: BenchDocument.Measurement) -> [String] {
        var lines: [String] = []
        if let cpu = m.serverCPUMicrosecondsPerRequest {
            lines.append("  server CPU     \(Format.fixed(cpu, 3)) µs a request")
        }
        lines.append(
            "  client CPU     \(Format.fixed(m.clientCPUMicrosecondsPerRequest, 3)) µs a request")
        lines.append(
            "  latency           p50       p90       p99     p99.9    p99.99       max      mean")
        for (name, latency) in [
            ("all", m.latency.all), ("reads", m.latency.reads), ("writes", m.latency.writes),
        ] where latency.count > 0 && (name == "all" || m.reads > 0 && m.writes > 0) {
            let columns = [
                latency.p50, latency.p90, latency.p99, latency.p99_9, latency.p99_99, latency.max,
                latency.mean,
            ]
            lines.append(
                "    " + name.padding(toLength: 7, withPad: " ", startingAt: 0)
                    + columns.map { Format.padded(Format.latency($0), 10) }.joined())
        }
        return lines
    }

    private static func faults(_ m: BenchDocument.Measurement) -> [String] {
        var lines: [String] = []
        if m.connectionsLost > 0 { lines.append("  connections lost: \(m.connectionsLost)") }
        if m.errors > 0 { lines.append("  errors: \(m.errors)") }
        for (text, count) in m.errorTexts.sorted(by: { $0.value > $1.value }) {
            lines.append("    \(count) x \(text)")
        }
        if m.mismatches > 0 { lines.append("  VERIFICATION FAILED: \(m.mismatches) values") }
        for mismatch in m.mismatchDetails { lines.append("    " + describe(mismatch)) }
        return lines
    }

    private static func describe(_ mismatch: Mismatch) -> String {
        switch mismatch.kind {
        case .length:
            "\(mismatch.name): \(mismatch.actual) bytes came, "
                + "\(mismatch.expected) were expected"
        case .byte:
            "\(mismatch.name): byte \(mismatch.offset) of \(mismatch.length) is "
                + "\(mismatch.actual), expected \(mismatch.expected)"
        }
    }

    /// The curve of a saturation search.
    package static func search(_ search: BenchDocument.Search) -> String {
        let name = search.percentile >= 100 ? "max" : "p\(trimmed(search.percentile))"
        var lines = ["    offered/s   achieved/s        p50   \(Format.padded(name, 8))"]
        for point in search.points.sorted(by: { $0.offeredPerSecond < $1.offeredPerSecond }) {
            lines.append(
                [
                    Format.padded(Format.grouped(point.offeredPerSecond), 13),
                    Format.padded(Format.grouped(point.achievedPerSecond), 13),
                    Format.padded(Format.latency(point.p50Microseconds), 11),
                    Format.padded(Format.latency(point.microseconds), 11),
                    point.held ? "  held" : "  failed: \(point.reason ?? "")",
                ].joined())
        }
        lines.append(
            "  knee: \(Format.grouped(search.kneePerSecond)) requests/s at \(name) <= "
                + Format.latency(search.limitMicroseconds))
        return lines.joined(separator: "\n") + "\n"
    }

    private static func trimmed(_ value: Double) -> String {
        value == value.rounded() ? String(Int(value)) : String(value)
    }
}
