import Cairn
import Foundation
import Synchronization

/// A RESP server of a few lines for tests: GET and SET from a dictionary, one thread a connection,
/// and a `fault` that spoils what it answers.
final class FakeServer: Sendable {
    enum Fault: Sendable { case none, flippedBit, swappedKey, truncated, outOfMemory, hangUp }

    let port: UInt16
    private let listener: Int32
    private let fault: Fault
    private let store = Mutex<[String: [UInt8]]>([:])

    init(_ fault: Fault) throws {
        self.fault = fault
        let made = try FakeServer.listen()
        listener = made.descriptor
        port = made.port
        let thread = Thread { [self] in acceptAll() }
        thread.start()
    }

    // SAFETY: the address is a local of the call.
    private static func listen() throws -> (descriptor: Int32, port: UInt16) {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let bound = unsafe withUnsafeMutablePointer(to: &address) {
            unsafe $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                unsafe bind(descriptor, $0, length) == 0
                    && Glibc.listen(descriptor, 16) == 0
                    && getsockname(descriptor, $0, &length) == 0
            }
        }
        guard bound else { throw POSIXError(.EADDRNOTAVAIL) }
        return (descriptor, UInt16(bigEndian: address.sin_port))
    }

    func stop() { _ = shutdown(listener, Int32(SHUT_RDWR)) }

    private func acceptAll() {
        while true {
            let connection = accept(listener, nil, nil)
            if connection < 0 { break }
            Thread { [self] in serve(connection) }.start()
        }
        _ = close(listener)
    }

    // SAFETY: reads into and writes from local arrays of the stated sizes.
    private func serve(_ connection: Int32) {
        var input: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 65_536)
        while true {
            let count = unsafe read(connection, &chunk, chunk.count)
            if count <= 0 || fault == .hangUp { break }
            input += chunk.prefix(count)
            var output: [UInt8] = []
            while let words = Self.takeCommand(&input) { output += answer(words) }
            var sent = 0
            while sent < output.count {
                let rest = Array(output[sent...])
                let written = unsafe send(connection, rest, rest.count, Int32(MSG_NOSIGNAL))
                if written <= 0 { break }
                sent += written
            }
        }
        _ = close(connection)
    }

    /// The first complete command of the input.
    private static func takeCommand(_ input: inout [UInt8]) -> [[UInt8]]? {
        var at = 0
        func number() -> Int? {
            guard let end = input[at...].firstIndex(of: 10) else { return nil }
            defer { at = end + 1 }
            return Int(String(decoding: input[(at + 1)..<(end - 1)], as: UTF8.self))
        }
        guard !input.isEmpty, let count = number() else { return nil }
        var words: [[UInt8]] = []
        for _ in 0..<count {
            guard at < input.count, let length = number(), at + length + 2 <= input.count else {
                return nil
            }
            words.append(Array(input[at..<at + length]))
            at += length + 2
        }
        input.removeFirst(at)
        return words
    }

    private func answer(_ words: [[UInt8]]) -> [UInt8] {
        let key = String(decoding: words[1], as: UTF8.self)
        if words.count > 2 {
            if fault == .outOfMemory { return Array("-OOM command not allowed\r\n".utf8) }
            store.withLock { $0[key] = words[2] }
            return Array("+OK\r\n".utf8)
        }
        guard var value = store.withLock({ $0[key] }) else { return Array("$-1\r\n".utf8) }
        switch fault {
        case .flippedBit: value[value.count / 2] ^= 4
        case .truncated: value.removeLast()
        case .swappedKey: value = store.withLock { $0.first { $0.key != key }?.value ?? value }
        case .none, .outOfMemory, .hangUp: break
        }
        return Array("$\(value.count)\r\n".utf8) + value + Array("\r\n".utf8)
    }
}
