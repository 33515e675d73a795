/// What a metric is called outside: one name, unit, text and at most one label.
///
/// The same values make `/metrics`, and a test holds `docs/METRICS.md` to them both ways. Names
/// follow Prometheus: prefix `cairn_`, base units, `_total` on counters.
package struct MetricInfo: Sendable, Equatable {
    /// A name-value pair that tells apart the series of one family.
    package struct Label: Sendable, Equatable {
        package var name: String
        package var value: String
    }

    /// How the series of the shards become one.
    package enum Merge: Sendable { case sum, maximum }

    /// Family name; several counters may share one, with different labels.
    package var name: String
    /// What one more of it means. One sentence.
    package var help: String
    /// `bytes`, `seconds`, or a plural noun.
    package var unit: String
    package var label: Label?
    package var merge: Merge
    /// What the stored integer is multiplied by to give the unit: nanoseconds to seconds.
    package var scale: Double

    package init(
        _ name: String, unit: String, _ help: String, label: (String, String)? = nil,
        merge: Merge = .sum, scale: Double = 1
    ) {
        self.name = name
        self.unit = unit
        self.help = help
        self.label = label.map { Label(name: $0.0, value: $0.1) }
        self.merge = merge
        self.scale = scale
    }
}
