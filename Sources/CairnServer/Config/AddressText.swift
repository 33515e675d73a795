import Cairn
import FlyingSocks
import Foundation

/// `HOST:PORT`, as the configuration and the command line write it.
package enum AddressText {
    static let form = "HOST:PORT"

    /// Parses `127.0.0.1:6390`, `[::1]:6390`, `localhost:6390`, `*:6390`. Host names other than
    /// `localhost` are not looked up: what a server binds to must not depend on a name server.
    static func parse(_ text: String) throws(ConfigValueError) -> ListenAddress {
        guard let colon = text.lastIndex(of: ":") else {
            throw ConfigValueError(
                message: "'\(text)' has no port", remedy: "write it as HOST:PORT, 127.0.0.1:6390")
        }
        guard let port = UInt16(text[text.index(after: colon)...]) else {
            throw ConfigValueError(
                message: "'\(text)' has no valid port",
                remedy: "write a port from 0 to 65535 after the last colon")
        }
        var host = String(text[..<colon])
        if host.hasPrefix("["), host.hasSuffix("]") {
            host = String(host.dropFirst().dropLast())
        } else if host.contains(":") {
            throw ConfigValueError(
                message: "'\(text)' has an IPv6 address without brackets",
                remedy: "write [\(host)]:\(port)")
        }
        if host == "localhost" { host = "127.0.0.1" }
        if host == "*" || host.isEmpty { host = "0.0.0.0" }
        let address = ListenAddress(host: host, port: port)
        if socketAddress(address) == nil {
            throw ConfigValueError(
                message: "'\(host)' is no numeric IPv4 or IPv6 address",
                remedy: "write an address of this machine, such as 127.0.0.1 or [::1]")
        }
        return address
    }

    /// `HOST:PORT`, with brackets where IPv6 needs them.
    package static func format(_ address: ListenAddress) -> String {
        let host = address.host.contains(":") ? "[\(address.host)]" : address.host
        return "\(host):\(address.port)"
    }

    /// Whether only this machine can reach the address.
    static func isLoopback(_ address: ListenAddress) -> Bool {
        address.host.hasPrefix("127.") || address.host == "::1"
    }

    /// The socket address, or `nil` if the host is not numeric.
    static func socketAddress(_ address: ListenAddress) -> (any SocketAddress)? {
        if let four = try? sockaddr_in.inet(ip4: address.host, port: address.port) { return four }
        return try? sockaddr_in6.inet6(ip6: address.host, port: address.port)
    }
}

/// Processor lists as in `taskset` and cgroups: `0,2-5`.
package enum CPUList {
    static let form = "list such as 0,2-5"
    /// Highest processor number taken: the kernel's largest NR_CPUS.
    static let highest = 8_191

    static func parse(_ text: String) throws(ConfigValueError) -> [Int] {
        var cpus: [Int] = []
        for part in text.split(separator: ",", omittingEmptySubsequences: false) {
            let ends = part.split(separator: "-", omittingEmptySubsequences: false)
                .map { Int($0.trimmingCharacters(in: .whitespaces)) }
            guard (1...2).contains(ends.count), let first = ends[0],
                let last = ends[ends.count - 1],
                first >= 0, first <= last, last <= highest
            else {
                throw ConfigValueError(
                    message: "'\(text)' is no list of processors", remedy: "write it as 0,2-5")
            }
            cpus += first...last
        }
        guard Set(cpus).count == cpus.count else {
            throw ConfigValueError(
                message: "'\(text)' names a processor twice", remedy: "name each processor once")
        }
        return cpus
    }

    /// Ranges where processors follow each other.
    package static func format(_ cpus: [Int]) -> String {
        var parts: [String] = []
        var index = 0
        while index < cpus.count {
            var end = index
            while end + 1 < cpus.count, cpus[end + 1] == cpus[end] + 1 { end += 1 }
            parts.append(end == index ? "\(cpus[index])" : "\(cpus[index])-\(cpus[end])")
            index = end + 1
        }
        return parts.joined(separator: ",")
    }
}
