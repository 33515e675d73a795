import Foundation
import Testing

@testable import CairnServer

@Suite struct DocumentTests {
    /// Both ways: what the document lacks, and what it has that the code lacks.
    private func differences(_ document: [String], _ code: [String]) -> [String] {
        code.filter { !document.contains($0) }.map { "lacks: \($0)" }
            + document.filter { !code.contains($0) }.map { "invents: \($0)" }
            + document.filter { row in document.count { $0 == row } > 1 }.map { "twice: \($0)" }
    }

    @Test func `METRICS lists exactly the metrics of the code`() throws {
        let document = ReferenceRows.rows(in: try ReferenceRows.file("docs/METRICS.md"))
        #expect(differences(document, ReferenceRows.metrics) == [])
    }

    @Test func `OPERATING lists exactly the configuration keys of the code`() throws {
        let document = ReferenceRows.rows(in: try ReferenceRows.file("docs/OPERATING.md"))
        #expect(differences(document, ReferenceRows.keys) == [])
    }

    @Test func `the comparison finds a missing, an invented and a double row`() {
        #expect(differences(["| `a` |"], ["| `a` |", "| `b` |"]) == ["lacks: | `b` |"])
        #expect(differences(["| `a` |", "| `b` |"], ["| `a` |"]) == ["invents: | `b` |"])
        #expect(differences(["| `a` |", "| `a` |"], ["| `a` |"]).count == 2)
    }

    @Test func `every example of a configuration in OPERATING is valid`() throws {
        let text = try ReferenceRows.file("docs/OPERATING.md")
        let examples = text.matches(of: /```yaml\n((?:.|\n)*?)```/).map { String($0.1) }
        #expect(!examples.isEmpty)
        for example in examples {
            let effective = try resolve(example, files: ["/etc/cairn/password": "secret"])
            #expect(effective.refusals.isEmpty, "\(example)")
        }
    }

    @Test func `the dashboard is JSON and asks only for metrics that are there`() throws {
        let text = try ReferenceRows.file("tools/grafana-dashboard.json")
        _ = try JSONSerialization.jsonObject(with: Data(text.utf8))
        var known: Set<String> = []
        for family in MetricCatalogue.all {
            known.insert(family.name)
            if family.kind == .histogram {
                for suffix in ["_bucket", "_sum", "_count"] { known.insert(family.name + suffix) }
            }
        }
        let asked = text.matches(of: /\b(?:cairn|process)_[a-z_]+/).map { String($0.0) }
        #expect(asked.count > 20)
        #expect(Set(asked).subtracting(known) == [])
    }

    @Test func `the unit starts the server with flags that it has`() throws {
        let text = try ReferenceRows.file("tools/cairn.service")
        let start = "ExecStart=/usr/local/bin/cairn serve --config /etc/cairn/cairn.yaml"
        #expect(text.contains(start))
        #expect(text.contains("ExecReload=/bin/kill -HUP $MAINPID"))
    }
}
