import Cairn
import Foundation

@testable import CairnServer

/// The rows that the documents' tables must have, made from the code.
enum ReferenceRows {
    /// A file of the repository, as text.
    static func file(_ path: String) throws -> String {
        let root = URL(filePath: #filePath).deletingLastPathComponent()
            .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
        return try String(contentsOf: root.appending(path: path), encoding: .utf8)
    }

    /// Rows of the tables in `text` whose first cell is code: the reference rows, no others.
    static func rows(in text: String) -> [String] {
        text.split(separator: "\n").map(String.init).filter { $0.hasPrefix("| `") }
    }

    /// `docs/METRICS.md`: name, type, unit, labels with their values, meaning.
    static var metrics: [String] {
        MetricCatalogue.all.map { family in
            let values = Counter.allCases.map(\.info).filter { $0.name == family.name }
                .compactMap { $0.label?.value }
            let labels = family.labels.map { label in
                values.isEmpty ? "`\(label)`" : "`\(label)`: \(values.joined(separator: ", "))"
            }
            return row([
                "`\(family.name)`", family.kind.rawValue, family.unit,
                labels.joined(separator: ", "), family.help,
            ])
        }
    }

    /// `docs/OPERATING.md`: key, form, default, whether SIGHUP applies it, meaning.
    static var keys: [String] {
        ConfigSchema.root.map { row($0, prefix: "") }
            + ConfigSchema.sections.map { row(["`\($0.name)`", "mapping", "none", "", $0.help]) }
            + ConfigSchema.level.map { row($0, prefix: "l1.") }
            + ConfigSchema.volume.map { row($0, prefix: "volumes.NAME.") }
            + ConfigSchema.tree.map { row($0, prefix: "trees.PREFIX.") }
    }

    private static func row<Root>(_ key: ConfigKey<Root>, prefix: String) -> String {
        row([
            "`\(prefix)\(key.name)`", key.form, key.defaultText, key.isReloadable ? "yes" : "",
            key.help,
        ])
    }

    private static func row(_ cells: [String]) -> String {
        "|" + cells.map { $0.isEmpty ? " |" : " \($0) |" }.joined()
    }
}
