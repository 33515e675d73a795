import Cairn

/// What each path of the stats port answers.
struct StatsRoutes: Sendable {
    /// The server's state now.
    var state: @Sendable () -> ServerState

    func reply(to head: HTTPRequestHead) -> HTTPReply {
        switch head.path {
        case "/":
            return HTTPReply(200, "text/html; charset=utf-8", PackageResources.index_html)
        case "/metrics":
            return HTTPReply(
                200, MetricsText.contentType, Array(MetricsText.render(state()).utf8))
        case "/stats":
            return HTTPReply(200, "application/json", StatsDocument(state()).json)
        case "/healthz":
            // Answering is the proof.
            return .text(200, "ok")
        case "/readyz":
            let reasons = state().notReady
            return reasons.isEmpty
                ? .text(200, "ready") : .text(503, reasons.joined(separator: "\n"))
        default:
            return .text(404, "there are /, /stats, /metrics, /healthz and /readyz")
        }
    }
}
