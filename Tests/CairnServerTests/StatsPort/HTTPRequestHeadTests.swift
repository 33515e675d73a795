import Cairn
import Testing

@testable import CairnServer

@Suite struct HTTPRequestHeadTests {
    private func parse(_ text: String) throws -> (head: HTTPRequestHead, length: Int)? {
        try HTTPRequestHead.parse(Array(text.utf8))
    }

    @Test func `a browser's request is read`() throws {
        let text = "GET /stats?x=1 HTTP/1.1\r\nHost: localhost\r\nAccept: */*\r\n\r\nGET"
        let (head, length) = try #require(try parse(text))
        #expect(head == HTTPRequestHead(method: "GET", path: "/stats", keepsAlive: true))
        #expect(length == text.utf8.count - 3)
    }

    @Test(arguments: [
        ("GET / HTTP/1.0\r\n\r\n", false), ("GET / HTTP/1.1\r\n\r\n", true),
        ("GET / HTTP/1.1\r\nConnection: Close\r\n\r\n", false),
        ("GET / HTTP/1.0\r\nconnection: keep-alive\r\n\r\n", true),
        ("\r\nGET / HTTP/1.1\n\n", true),
    ])
    func `how long the connection lives follows version and header`(
        text: String, keeps: Bool
    ) throws {
        #expect(try parse(text)?.head.keepsAlive == keeps)
    }

    @Test(arguments: [
        ("garbage\r\n\r\n", HTTPRequestHead.Refusal.malformed),
        ("GET  HTTP/1.1\r\n\r\n", .malformed), ("GET nowhere HTTP/1.1\r\n\r\n", .malformed),
        ("GET /\u{1} HTTP/1.1\r\n\r\n", .malformed), ("GET / FTP/1.1\r\n\r\n", .malformed),
        ("GET / HTTP/1.1\r\nno colon\r\n\r\n", .malformed),
        ("GET / HTTP/1.1\r\n: x\r\n\r\n", .malformed), ("POST / HTTP/1.1\r\n\r\n", .method),
        ("GET / HTTP/2.0\r\n\r\n", .version),
        ("GET / HTTP/1.1\r\nContent-Length: 5\r\n\r\nhello", .body),
        ("GET / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n", .body),
    ])
    func `what is no request for a page is refused`(
        text: String, refusal: HTTPRequestHead.Refusal
    ) {
        #expect(throws: refusal) { try parse(text) }
    }

    @Test func `every prefix of a request waits for more`() throws {
        let text = "GET /metrics HTTP/1.1\r\nHost: a\r\n\r\n"
        for length in 0..<text.utf8.count {
            #expect(try HTTPRequestHead.parse(Array(text.utf8.prefix(length)))?.length == nil)
        }
    }

    @Test func `a head has a largest size`() throws {
        let start = "GET / HTTP/1.1\r\nX: "
        let endless = start + String(repeating: "a", count: 8_192 - start.utf8.count)
        #expect(throws: HTTPRequestHead.Refusal.tooLarge) { try parse(endless) }
        #expect(throws: HTTPRequestHead.Refusal.tooLarge) { try parse(endless + "\r\n\r\n") }
        #expect(try parse(String(endless.dropLast()))?.length == nil)
    }

    @Test func `no input crashes the reader`() {
        let seed: UInt64 = 0xBAD
        var random = Random(seed: seed)
        let alphabet = Array("GETHADP /:\r\n.1x\u{0}".utf8) + [200, 255]
        for _ in 0..<20_000 {
            let bytes = (0..<random.below(60)).map { _ in alphabet[random.below(alphabet.count)] }
            _ = try? HTTPRequestHead.parse(bytes)
        }
    }
}
