/// A reply of the stats port.
struct HTTPReply {
    var status: Int
    var contentType: String
    var body: [UInt8]
    /// Header lines besides the usual ones.
    var extra: [String] = []

    init(_ status: Int, _ contentType: String, _ body: [UInt8]) {
        self.status = status
        self.contentType = contentType
        self.body = body
    }

    /// A line of plain text.
    static func text(_ status: Int, _ text: String) -> HTTPReply {
        HTTPReply(status, "text/plain; charset=utf-8", Array((text + "\n").utf8))
    }

    /// The reply to a head that was refused.
    static func refusal(_ refusal: HTTPRequestHead.Refusal) -> HTTPReply {
        switch refusal {
        case .malformed: return .text(400, "bad request")
        case .tooLarge: return .text(431, "request head too large")
        case .version: return .text(505, "HTTP/1.1 only")
        case .body: return .text(413, "no request here has a body")
        case .method:
            var reply = HTTPReply.text(405, "GET and HEAD only")
            reply.extra = ["Allow: GET, HEAD"]
            return reply
        }
    }

    private static func phrase(_ status: Int) -> String {
        switch status {
        case 200: "OK"
        case 400: "Bad Request"
        case 404: "Not Found"
        case 405: "Method Not Allowed"
        case 413: "Content Too Large"
        case 431: "Request Header Fields Too Large"
        case 503: "Service Unavailable"
        case 505: "HTTP Version Not Supported"
        default: "Status"
        }
    }

    /// The bytes to send. A HEAD request gets the same head without the body.
    func encoded(keepsAlive: Bool, isHead: Bool = false) -> [UInt8] {
        // The page is one file: whatever a browser is told to run or load from elsewhere is not
        // ours.
        let lines =
            [
                "HTTP/1.1 \(status) \(Self.phrase(status))",
                "Content-Type: \(contentType)",
                "Content-Length: \(body.count)",
                "Cache-Control: no-store",
                "X-Content-Type-Options: nosniff",
                "Content-Security-Policy: default-src 'none'; style-src 'unsafe-inline'; "
                    + "script-src 'unsafe-inline'; connect-src 'self'; img-src data:",
                "Connection: \(keepsAlive ? "keep-alive" : "close")",
            ] + extra
        let head = Array((lines.joined(separator: "\r\n") + "\r\n\r\n").utf8)
        return isHead ? head : head + body
    }
}
