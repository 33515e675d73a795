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

    package static func page(_ documents: [BenchDocument]) -> String {
        let title =
            documents.count == 1
            ? "cairn bench: \(documents[0].label)" : "cairn bench: \(documents.count) runs"
        var body = "<h1>\(escaped(title))</h1>"
        body += table(documents)
        body += throughput(documents).html
        for document in documents { body += overTime(document).html }
        body += curve(documents).html
        body += search(documents).html
        body += faults(documents)
        return """
            <!doctype html>
            <html lang="en"><head><meta charset="utf-8"><title>\(escaped(title))</title>
            <meta name="viewport" content="width=device-width, initial-scale=1">
            <style>\(style)</style></head><body><main>
            \(body)
            </main></body></html>

            """
    }

    private static func table(_ documents: [BenchDocument]) -> String {
        let head = [
            "run", "workload", "requests/s", "value bytes/s", "hits", "p50", "p99", "p99.9", "max",
            "server CPU", "client CPU", "errors",
        ]
        var html = "<div class=\"wide\"><table><thead><tr>"
        html += head.map { "<th>\($0)</th>" }.joined() + "</tr></thead><tbody>"
        for document in documents {
            guard let result = document.result else { continue }
            let latency = result.latency.all
            let bytes = result.valueBytesReadPerSecond + result.valueBytesWrittenPerSecond
            let cells = [
                escaped(document.label), escaped(describe(document.workload)),
                Format.grouped(result.requestsPerSecond), Format.bytes(bytes),
                result.reads == 0 ? "" : Format.fixed(result.hitRatio * 100, 1) + " %",
                Format.latency(latency.p50), Format.latency(latency.p99),
                Format.latency(latency.p99_9), Format.latency(latency.max),
                result.serverCPUMicrosecondsPerRequest.map { Format.fixed($0, 2) + " µs" } ?? "",
                Format.fixed(result.clientCPUMicrosecondsPerRequest, 2) + " µs",
                String(result.errors + result.mismatches),
            ]
            html += "<tr>" + cells.map { "<td>\($0)</td>" }.joined() + "</tr>"
        }
        return html + "</tbody></table></div><p>CPU is a request's share of processor time.</p>"
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

    private static func search(_ documents: [BenchDocument]) -> Plot {
        Plot(
            title: "Saturation search: latency of the target's percentile by offered rate",
            xLabel: "offered requests/s", yLabel: "latency", yScale: .logarithmic,
            yText: Plot.latency,
            lines: documents.compactMap { document in
                guard let search = document.search else { return nil }
                let knee = Format.grouped(search.kneePerSecond)
                return Plot.Line(
                    name: "\(document.label) (knee \(knee)/s)",
                    points: search.points.map { ($0.offeredPerSecond, $0.microseconds) }
                        .sorted { $0.0 < $1.0 })
            })
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

    private static let palette = [
        "#2563eb", "#d97706", "#059669", "#dc2626", "#7c3aed", "#0891b2", "#be185d", "#65a30d",
    ]

    private static var style: String {
        let colours = palette.enumerated().map { index, colour in
            "polyline.c\(index){stroke:\(colour)}circle.c\(index){fill:\(colour)}"
                + "i.k\(index){background:\(colour)}"
        }.joined()
        return """
            :root{color-scheme:light dark;--ink:#1c2430;--soft:#5b6675;--line:#dde2e8;--bg:#fff}
            @media(prefers-color-scheme:dark){:root{--ink:#e6e9ee;--soft:#9aa5b4;--line:#323a45;\
            --bg:#14181e}}
            body{margin:0;background:var(--bg);color:var(--ink);font:15px/1.5 system-ui,sans-serif}
            main{max-width:1280px;margin:0 auto;padding:24px 16px}
            h1{font-size:22px}h2{font-size:17px}
            .wide{overflow-x:auto}table{border-collapse:collapse;font-variant-numeric:tabular-nums}
            th,td{padding:5px 8px;text-align:right;border-bottom:1px solid var(--line);\
            white-space:nowrap}
            th{color:var(--soft);font-weight:500}
            th:nth-child(-n+2),td:nth-child(-n+2){text-align:left}
            td:nth-child(2){white-space:normal;min-width:220px}p{color:var(--soft);font-size:13px}
            figure{margin:28px 0}figcaption{font-weight:600;margin-bottom:6px}
            svg{width:100%;height:auto;display:block}polyline{fill:none;stroke-width:1.8}
            .g{stroke:var(--line)}text{fill:var(--soft);font-size:11px}.e{text-anchor:end}\
            .m{text-anchor:middle}
            .legend{display:flex;flex-wrap:wrap;gap:4px 18px;font-size:13px}
            .legend i{display:inline-block;width:14px;height:3px;margin-right:6px;\
            vertical-align:middle}
            \(colours)
            """
    }
}
