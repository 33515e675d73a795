import Foundation

/// A strict reader of the Prometheus text format 0.0.4: everything a real scraper would refuse, and
/// more. For tests.
struct PrometheusText {
    struct Sample: Equatable {
        var name: String
        var labels: [String: String]
        var value: Double
    }

    struct Fault: Error { var text: String }

    var types: [String: String] = [:]
    var helps: [String: String] = [:]
    var samples: [Sample] = []

    init(_ text: String) throws {
        guard text.hasSuffix("\n") else { throw Fault(text: "the last line has no end") }
        var family = ""
        var closed: Set<String> = []
        var seen: Set<String> = []
        for line in text.dropLast().split(separator: "\n", omittingEmptySubsequences: false) {
            let words = line.split(separator: " ", maxSplits: 3).map(String.init)
            if line.hasPrefix("# HELP ") {
                guard words.count == 4, helps[words[2]] == nil else { throw Fault(text: "\(line)") }
                helps[words[2]] = words[3]
                closed.insert(family)
                family = words[2]
                if closed.contains(family) { throw Fault(text: "\(family) is apart") }
            } else if line.hasPrefix("# TYPE ") {
                guard words.count == 4, words[2] == family, types[family] == nil,
                    ["counter", "gauge", "histogram"].contains(words[3])
                else { throw Fault(text: "\(line)") }
                types[family] = words[3]
            } else {
                let sample = try Self.sample(line)
                let base =
                    types[family] == "histogram"
                    ? [family + "_bucket", family + "_sum", family + "_count"] : [family]
                guard base.contains(sample.name) else { throw Fault(text: "\(line) is homeless") }
                let series = line.prefix(upTo: line.lastIndex(of: " ") ?? line.startIndex)
                if !seen.insert(String(series)).inserted {
                    throw Fault(text: "\(line) is there twice")
                }
                samples.append(sample)
            }
        }
    }

    /// `name{label="value",...} number`
    private static func sample(_ line: Substring) throws -> Sample {
        let pattern = /([a-zA-Z_:][a-zA-Z0-9_:]*)(?:\{(.*)\})? ([0-9.eE+-]+|\+Inf|NaN)/
        guard let match = line.wholeMatch(of: pattern), let value = Double(match.3) else {
            throw Fault(text: "no sample: \(line)")
        }
        var labels: [String: String] = [:]
        if let text = match.2 {
            let pair = /([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\]|\\.)*)"(,|$)/
            var rest = text
            while !rest.isEmpty {
                guard let found = rest.prefixMatch(of: pair) else {
                    throw Fault(text: "no labels: \(line)")
                }
                labels[String(found.1)] = String(found.2)
                rest = rest[found.range.upperBound...]
            }
        }
        return Sample(name: String(match.1), labels: labels, value: value)
    }

    /// The one sample of that name and labels.
    func value(_ name: String, _ labels: [String: String] = [:]) -> Double? {
        samples.first { $0.name == name && $0.labels == labels }?.value
    }
}
