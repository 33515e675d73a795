/// The head of an HTTP/1.x request: all that a server of read-only pages needs. Pure.
struct HTTPRequestHead: Equatable {
    var method: String
    /// The target without its query.
    var path: String
    var keepsAlive: Bool

    /// Largest head taken. Browsers send about 1 KiB, Prometheus 300 bytes.
    static let bytesMax = 8_192

    /// Why a head is refused; each is one reply and the end of the connection.
    enum Refusal: Error, Equatable {
        case malformed
        case tooLarge
        case method
        case version
        case body
    }

    /// The head at the front of `bytes` and its length, or `nil` if it isn't all there yet.
    static func parse(_ bytes: [UInt8]) throws(Refusal) -> (head: HTTPRequestHead, length: Int)? {
        guard let length = length(bytes) else {
            if bytes.count >= bytesMax { throw .tooLarge }
            return nil
        }
        if length > bytesMax { throw .tooLarge }
        var lines = bytes[..<length].split(separator: 10, omittingEmptySubsequences: true)
            .map { $0.last == 13 ? $0.dropLast() : $0 }
            .filter { !$0.isEmpty }[...]
        guard let first = lines.popFirst() else { throw .malformed }
        var head = try requestLine(first)
        for line in lines { try header(line, &head) }
        return (head, length)
    }

    /// The number of bytes up to and with the empty line.
    private static func length(_ bytes: [UInt8]) -> Int? {
        var start = 0
        // An empty line before the request line is tolerated (RFC 9112, 2.2).
        while start < bytes.count, bytes[start] == 13 || bytes[start] == 10 { start += 1 }
        var lineLength = 0
        for index in start..<max(start, bytes.count) {
            if bytes[index] == 10 {
                if lineLength == 0 { return index + 1 }
                lineLength = 0
            } else if bytes[index] != 13 {
                lineLength += 1
            }
        }
        return nil
    }

    private static func requestLine(_ line: ArraySlice<UInt8>) throws(Refusal) -> HTTPRequestHead {
        guard line.allSatisfy({ $0 >= 32 && $0 < 127 }) else { throw .malformed }
        let parts = String(decoding: line, as: UTF8.self).split(separator: " ")
        guard parts.count == 3, parts[1].hasPrefix("/") else { throw .malformed }
        guard parts[2].hasPrefix("HTTP/") else { throw .malformed }
        guard parts[2] == "HTTP/1.1" || parts[2] == "HTTP/1.0" else { throw .version }
        guard parts[0] == "GET" || parts[0] == "HEAD" else { throw .method }
        let path = parts[1].prefix { $0 != "?" && $0 != "#" }
        return HTTPRequestHead(
            method: String(parts[0]), path: String(path), keepsAlive: parts[2] == "HTTP/1.1")
    }

    private static func header(
        _ line: ArraySlice<UInt8>, _ head: inout HTTPRequestHead
    ) throws(Refusal) {
        guard let colon = line.firstIndex(of: 58), colon > line.startIndex else { throw .malformed }
        let name = String(decoding: line[..<colon], as: UTF8.self).lowercased()
        let value = String(decoding: line[(colon + 1)...], as: UTF8.self).lowercased()
            .filter { $0 != " " && $0 != "\t" }
        switch name {
        case "connection":
            if value.contains("close") { head.keepsAlive = false }
            if value.contains("keep-alive") { head.keepsAlive = true }
        case "content-length":
            if value != "0" { throw .body }
        case "transfer-encoding": throw .body
        default: break
        }
    }
}
