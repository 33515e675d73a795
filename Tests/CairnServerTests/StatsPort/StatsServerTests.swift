import Cairn
import FlyingSocks
import Foundation
import Logging
import Testing

@testable import CairnServer

/// A client that says exactly what a test wants and reads until the server closes.
private struct RawClient {
    let socket: AsyncSocket

    static func connect(to address: ListenAddress) async throws -> RawClient {
        let target = try sockaddr_in.inet(ip4: address.host, port: address.port)
        return RawClient(socket: try await AsyncSocket.connected(to: target))
    }

    func send(_ text: String) async throws { try await socket.write(Data(text.utf8)) }

    func readToEnd() async throws -> String {
        var bytes: [UInt8] = []
        while true {
            do {
                bytes += try await socket.read(atMost: 65_536)
            } catch SocketError.disconnected {
                return String(decoding: bytes, as: UTF8.self)
            }
        }
    }

    func close() { try? socket.close() }
}

@Suite struct StatsServerTests {
    private func withServer(
        notReady: [String] = [], _ body: (ListenAddress) async throws -> Void
    ) async throws {
        let state = syntheticState(notReady: notReady)
        let server = try StatsServer.start(
            ListenAddress(host: "127.0.0.1", port: 0),
            log: Logger(label: "test") { _ in ServerLog() }
        ) { state }
        do {
            try await body(server.address)
        } catch {
            await server.stop()
            throw error
        }
        await server.stop()
    }

    private func get(_ path: String, _ address: ListenAddress) async throws -> String {
        let client = try await RawClient.connect(to: address)
        defer { client.close() }
        try await client.send("GET \(path) HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
        return try await client.readToEnd()
    }

    @Test(arguments: [
        ("/", "200 OK", "text/html", "<title>Cairn</title>"),
        ("/metrics", "200 OK", "text/plain; version=0.0.4", "cairn_hits_total{tier=\"ram\"}"),
        ("/stats", "200 OK", "application/json", "\"hit_ratio\":"),
        ("/stats?x=1", "200 OK", "application/json", "\"hit_ratio\":"),
        ("/healthz", "200 OK", "text/plain", "ok"), ("/readyz", "200 OK", "text/plain", "ready"),
        ("/nothing", "404 Not Found", "text/plain", "/metrics"),
    ])
    func `each path answers`(path: String, status: String, type: String, part: String) async throws
    {
        try await withServer { address in
            let reply = try await get(path, address)
            #expect(reply.hasPrefix("HTTP/1.1 \(status)\r\n"))
            #expect(reply.contains("\r\nContent-Type: \(type)"))
            let body = reply.components(separatedBy: "\r\n\r\n").dropFirst().joined()
            #expect(body.contains(part))
            #expect(reply.contains("\r\nContent-Length: \(body.utf8.count)\r\n"))
        }
    }

    @Test func `a server that is stopping is alive and not ready`() async throws {
        try await withServer(notReady: ["stopping"]) { address in
            let reply1 = try await get("/readyz", address)
            #expect(reply1.hasPrefix("HTTP/1.1 503 "))
            let reply2 = try await get("/readyz", address)
            #expect(reply2.hasSuffix("\r\n\r\nstopping\n"))
            let reply3 = try await get("/healthz", address)
            #expect(reply3.hasPrefix("HTTP/1.1 200 "))
        }
    }

    @Test func `requests on one connection are answered in order`() async throws {
        try await withServer { address in
            let client = try await RawClient.connect(to: address)
            defer { client.close() }
            try await client.send(
                "GET /healthz HTTP/1.1\r\n\r\nHEAD /stats HTTP/1.1\r\n\r\n"
                    + "GET /readyz HTTP/1.1\r\nConnection: close\r\n\r\n")
            let text = try await client.readToEnd()
            let replies = text.components(separatedBy: "HTTP/1.1 200 OK\r\n").dropFirst()
            #expect(replies.count == 3)
            #expect(replies.first?.hasSuffix("\r\n\r\nok\n") == true)
            #expect(replies.dropFirst().first?.hasSuffix("\r\n\r\n") == true)
            #expect(replies.last?.hasSuffix("\r\n\r\nready\n") == true)
        }
    }

    @Test(arguments: [
        ("\u{0}\u{1}\u{2}\r\n\r\n", "400"), ("*1\r\n$4\r\nPING\r\n\r\n", "400"),
        ("POST /stats HTTP/1.1\r\nContent-Length: 4\r\n\r\nbody", "405"),
        ("GET / HTTP/1.1\r\nContent-Length: 999999999999\r\n\r\n", "413"),
        ("GET / HTTP/9\r\n\r\n", "505"),
        ("GET /" + String(repeating: "x", count: 100_000), "431"),
    ])
    func `a bad request gets its status and the end, and the server goes on`(
        request: String, status: String
    ) async throws {
        try await withServer { address in
            let client = try await RawClient.connect(to: address)
            defer { client.close() }
            try? await client.send(request)
            // A reset may take the reply along when the request went on behind the refusal.
            if let reply = try? await client.readToEnd(), !reply.isEmpty {
                #expect(reply.hasPrefix("HTTP/1.1 \(status) "))
            } else {
                #expect(status == "431")
            }
            let reply4 = try await get("/healthz", address)
            #expect(reply4.hasPrefix("HTTP/1.1 200 "))
        }
    }

    @Test func `connections have a bound, and room comes back`() async throws {
        try await withServer { address in
            var clients: [RawClient] = []
            for _ in 0..<StatsServer.connectionsMax {
                let client = try await RawClient.connect(to: address)
                // Served once, so that it surely holds a place.
                try await client.send("GET /healthz HTTP/1.1\r\n\r\n")
                _ = try await client.socket.read(atMost: 1)
                clients.append(client)
            }
            let refused = try await RawClient.connect(to: address)
            let reply5 = try await refused.readToEnd()
            #expect(reply5.hasPrefix("HTTP/1.1 503 "))
            refused.close()
            for client in clients { client.close() }
            // The server sees the ends in its own time: ask until there is room, for ten seconds.
            let deadline = ContinuousClock.now + .seconds(10)
            var reply = ""
            while !reply.hasPrefix("HTTP/1.1 200 "), ContinuousClock.now < deadline {
                reply = (try? await get("/healthz", address)) ?? ""
            }
            #expect(reply.hasPrefix("HTTP/1.1 200 "))
        }
    }

    @Test func `a port that is taken is an error with a remedy`() async throws {
        try await withServer { address in
            let error = #expect(throws: StatsServer.OpenError.self) {
                try StatsServer.start(address, log: ServerLog.logger()) { syntheticState() }
            }
            #expect(error?.message.contains("choose another with --stats") == true)
        }
    }
}
