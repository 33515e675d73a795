import Foundation

/// Results as one self-contained HTML page: a table and plots, of one run or of several beside each
/// other. No script and nothing loaded, so that it can be mailed and kept.
package enum HTMLReport {
    package static func write(_ documents: [BenchDocument], to path: String) throws(LoadError) {
        do {
            try page(documents).write(toFile: path, atomically: true, encoding: .utf8)
        } catch {
            throw .machine("cannot write \(path): \(error.localizedDescription)")
        }
    }

    package static func page(_ given: [BenchDocument]) -> String {
        let documents = withDistinctLabels(given)
        let title =
            documents.count == 1
            ? "cairn bench: \(documents[0].label)" : "cairn bench: \(documents.count) runs"
        var body = "<h1>\(escaped(title))</h1>"
        body += table(documents)
        body += "<div class=\"plots\">" + throughput(documents).html
        for document in documents { body += overTime(document).html }
        body += curve(documents).html
        for document in documents { body += search(document)?.html ?? "" }
        body += "</div>" + faults(documents)
        return """
            <!doctype html>
            <html lang="en"><head><meta charset="utf-8"><title>\(escaped(title))</title>
            <meta name="viewport" content="width=device-width, initial-scale=1">
            <style>\(style)</style></head><body><main>
            \(body)
            </main></body></html>

            """
    }

    /// Runs of one name are numbered: else legends could not be told apart.
    private static func withDistinctLabels(_ documents: [BenchDocument]) -> [BenchDocument] {
        var seen: [String: Int] = [:]
        return documents.map { document in
            var document = document
            let count = (seen[document.label] ?? 0) + 1
            seen[document.label] = count
            if count > 1 { document.label += " (\(count))" }
            return document
        }
    }

    private static func table(_ documents: [BenchDocument]) -> String {
        let head = [
            "run", "workload", "requests/s", "value bytes/s", "hits", "p50", "p99",
            "p99.9", "max",
            "server CPU", "client CPU", "errors",
        ]
        var html = "<div class=\"wide\"><table><thead><tr>"
        html += head.map { "<th>\($0)</th>" }.joined() + "</tr></thead><tbody>"
        for document in documents {
            guard let result = document.result else { continue }
            let latency = result.latency.all
            let bytes = result.valueBytesReadPerSecond + result.valueBytesWrittenPerSecond
            let cells = [
                escaped(document.label) + "<small>\(escaped(date(document)))</small>",
                escaped(describe(document.workload)),
                Format.grouped(result.requestsPerSecond), Format.bytes(bytes),
                result.reads == 0 ? "–" : Format.fixed(result.hitRatio * 100, 1) + " %",
                Format.latency(latency.p50), Format.latency(latency.p99),
                Format.latency(latency.p99_9), Format.latency(latency.max),
                result.serverCPUMicrosecondsPerRequest.map { Format.fixed($0, 2) + " µs" } ?? "–",
                Format.fixed(result.clientCPUMicrosecondsPerRequest, 2) + " µs",
                String(result.errors + result.mismatches),
            ]
            html += "<tr>" + cells.map { "<td>\($0)</td>" }.joined() + "</tr>"
        }
        return html + "</tbody></table></div><p>CPU: processor time of one request. Latency in a "
            + "closed loop is that of the queue the client makes; in an open loop it counts from "
            + "the intended start.</p>"
    }

    /// When the run began, for people.
    private static func date(_ document: BenchDocument) -> String {
        document.started.replacing("T", with: " ").replacing("Z", with: " UTC")
    }

    private static func describe(_ workload: BenchDocument.Workload) -> String {
        let size =
            workload.valueBytesMin == workload.valueBytesMax
            ? "\(workload.valueBytesMin) B"
            : "\(workload.valueBytesMin)–\(workload.valueBytesMax) B"
        let loop = workload.ratePerSecond.map { "\(workload.loop) \(Format.grouped($0))/s" }
        return "\(workload.protocol), \(workload.connections) connections, pipeline "
            + "\(workload.pipeline), \(size), \(workload.reads):\(workload.writes), "
            + "\(workload.distribution), \(loop ?? "closed loop")"
    }

    private static func throughput(_ documents: [BenchDocument]) -> Plot {
        Plot(
            title: "Throughput over time", xLabel: "seconds", yLabel: "requests/s", xStepMin: 1,
            lines: documents.map { document in
                Plot.Line(
                    name: document.label,
                    points: (document.result?.series ?? []).map {
                        (Double($0.second), Double($0.requests) / $0.seconds)
                    })
            })
    }

    private static func overTime(_ document: BenchDocument) -> Plot {
        let series = document.result?.series ?? []
        func line(_ name: String, _ value: (LoadPoint) -> Double) -> Plot.Line {
            Plot.Line(name: name, points: series.map { (Double($0.second), value($0)) })
        }
        return Plot(
            title: "Latency over time: \(document.label)", xLabel: "seconds", yLabel: "latency",
            yScale: .logarithmic, yText: Plot.latency, xStepMin: 1,
            lines: [
                line("p50", \.p50Microseconds), line("p99", \.p99Microseconds),
                line("p99.9", \.p999Microseconds), line("max", \.maxMicroseconds),
            ])
    }

    /// Percentile on the axis log 1 / (1 - p), as HdrHistogram plots it: each decade adds a nine.
    private static func curve(_ documents: [BenchDocument]) -> Plot {
        Plot(
            title: "Latency by percentile", xLabel: "percentile", yLabel: "latency",
            yScale: .logarithmic, xScale: .logarithmic,
            xText: { decade in
                let nines = Int(log10(decade).rounded())
                return nines == 0
                    ? "0 %"
                    : Format.fixed(100 * (1 - pow(10, -Double(nines))), max(0, nines - 2))
                        + " %"
            },
            yText: Plot.latency,
            lines: documents.map { document in
                Plot.Line(
                    name: document.label,
                    points: (document.result?.latency.all.curve ?? []).map {
                        (1 / max(1 - $0[0] / 100, 1e-9), $0[1])
                    })
            })
    }

    private static func search(_ document: BenchDocument) -> Plot? {
        guard let search = document.search else { return nil }
        func tried(held: Bool) -> [(x: Double, y: Double)] {
            search.points.filter { $0.held == held }.map { ($0.offeredPerSecond, $0.microseconds) }
        }
        let rates = search.points.map(\.offeredPerSecond)
        let limit = search.limitMicroseconds
        let name = search.percentile >= 100 ? "max" : "p\(Plot.short(search.percentile))"
        let knee = Format.grouped(search.kneePerSecond)
        return Plot(
            title: "Saturation search: \(document.label), knee \(knee) requests/s",
            xLabel: "offered requests/s", yLabel: name, yScale: .logarithmic,
            yText: Plot.latency,
            lines: [
                Plot.Line(name: "held", points: tried(held: true), mark: .dots),
                Plot.Line(name: "failed", points: tried(held: false), mark: .rings),
                Plot.Line(
                    name: "limit \(Format.latency(limit))",
                    points: [(rates.min() ?? 1, limit), (rates.max() ?? 1, limit)], mark: .dashed),
            ])
    }

    private static func faults(_ documents: [BenchDocument]) -> String {
        var items = ""
        for document in documents {
            for (text, count) in (document.result?.errorTexts ?? [:]).sorted(by: { $0 < $1 }) {
                items += "<li>\(escaped(document.label)): \(count) × \(escaped(text))</li>"
            }
        }
        return items.isEmpty ? "" : "<h2>Errors</h2><ul>\(items)</ul>"
    }

    /// Each colour for light and for dark pages.
    private static let palette = [
        ("#2563eb", "#6ea0ff"), ("#d97706", "#f0a45a"), ("#059669", "#4fcb9b"),
        ("#dc2626", "#f47c7c"), ("#7c3aed", "#b49af5"), ("#0891b2", "#55c6e0"),
        ("#be185d", "#ee7cb0"), ("#65a30d", "#a9d45a"),
    ]

    private static var style: String {
        let indices = palette.indices
        let light = indices.map { "--k\($0):\(palette[$0].0)" }.joined(separator: ";")
        let dark = indices.map { "--k\($0):\(palette[$0].1)" }.joined(separator: ";")
        let colours = indices.map { index in
            "polyline.c\(index){stroke:var(--k\(index))}circle.c\(index){fill:var(--k\(index))}"
                + "circle.r\(index){fill:none;stroke:var(--k\(index));stroke-width:1.5}"
                + "i.k\(index){background:var(--k\(index))}"
        }.joined()
        return """
            :root{color-scheme:light dark;--ink:#1c2430;--soft:#5b6675;--line:#dde2e8;--bg:#fff;\
            \(light)}
            @media(prefers-color-scheme:dark){:root{--ink:#e6e9ee;--soft:#9aa5b4;--line:#323a45;\
            --bg:#14181e;\(dark)}}
            body{margin:0;background:var(--bg);color:var(--ink);font:15px/1.5 system-ui,sans-serif}
            main{max-width:1280px;margin:0 auto;padding:24px 16px}
            h1{font-size:22px}h2{font-size:17px}
            .wide{overflow-x:auto}table{border-collapse:collapse;font-variant-numeric:tabular-nums}
            th,td{padding:5px 8px;text-align:right;border-bottom:1px solid var(--line);\
            white-space:nowrap}
            th{color:var(--soft);font-weight:500}
            th:nth-child(-n+2),td:nth-child(-n+2){text-align:left}
            small{display:block;color:var(--soft)}
            td:nth-child(2){white-space:normal;min-width:220px}p{color:var(--soft);font-size:13px}
            .plots{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(100%,520px),1fr));\
            gap:28px 32px;margin-top:20px}
            figure{margin:0}figcaption{font-weight:600;margin-bottom:6px}
            svg{width:100%;height:auto;display:block}polyline{fill:none;stroke-width:1.8}
            .g{stroke:var(--line)}text{fill:var(--soft);font-size:14px}.e{text-anchor:end}\
            .m{text-anchor:middle}
            .legend{display:flex;flex-wrap:wrap;gap:4px 18px;font-size:13px}
            .legend i{display:inline-block;width:14px;height:3px;margin-right:6px;\
            vertical-align:middle}
            \(colours)
            """
    }
}
