import Cairn
import FlyingSocks
import Foundation
import Logging

/// The stats port: a small HTTP/1.1 server for GET, apart from the data path.
///
/// Runs on Swift's shared tasks with FlyingSocks' epoll; never on a shard's thread, never waited
/// for by one. The request reader is our own because every part of it must have a bound, as
/// `memory_limit` is a promise: heads of 8 KiB, 64 connections, 10 seconds for a head and for a
/// reply, 60 seconds idle.
package final class StatsServer: Sendable {
    /// Connections served at once. A browser opens up to 6, Prometheus 1.
    static let connectionsMax = 64
    static let requestSeconds = 10.0
    static let idleSeconds = 60.0

    /// The address with the port the kernel gave.
    package let address: ListenAddress
    private let task: Task<Void, Never>

    /// Why the port can't be opened.
    package struct OpenError: Error {
        package var message: String
    }

    /// Opens the port; when this returns, it answers.
    package static func start(
        _ address: ListenAddress, log: Logger, state: @escaping @Sendable () -> ServerState
    ) throws(OpenError) -> StatsServer {
        let text = AddressText.format(address)
        guard let target = AddressText.socketAddress(address) else {
            throw OpenError(message: "\(text) is no numeric address")
        }
        do {
            let socket = try Socket(domain: Int32(target.family))
            do {
                try socket.setValue(true, for: .localAddressReuse)
                try socket.bind(to: target)
                try socket.listen(maxPendingConnection: 128)
                return try StatsServer(socket, address, StatsRoutes(state: state), log)
            } catch {
                try? socket.close()
                throw error
            }
        } catch SocketError.failed(_, let code, let message) {
            let remedy =
                code == EADDRINUSE
                ? "another process has it (ss -ltnp shows which); choose another with --stats"
                : "choose another address with --stats, or --stats off"
            throw OpenError(message: "cannot open the stats port \(text): \(message); \(remedy)")
        } catch {
            throw OpenError(message: "cannot open the stats port \(text): \(error)")
        }
    }

    private init(
        _ socket: Socket, _ address: ListenAddress, _ routes: StatsRoutes, _ log: Logger
    ) throws {
        var bound = address
        switch try socket.sockname() {
        case .ip4(_, let port), .ip6(_, let port): bound.port = port
        case .unix: break
        }
        self.address = bound
        task = Task.detached { await Self.run(socket, routes, log) }
    }

    /// Closes the port and its connections.
    package func stop() async {
        task.cancel()
        await task.value
    }

    private static func run(_ socket: Socket, _ routes: StatsRoutes, _ log: Logger) async {
        defer { try? socket.close() }
        let pool: some AsyncSocketPool = SocketPool.make()
        do {
            try await pool.prepare()
            let listener = try AsyncSocket(socket: socket, pool: pool)
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask { try await pool.run() }
                group.addTask { try await accept(listener, routes, log) }
                defer { group.cancelAll() }
                try await group.next()
            }
        } catch is CancellationError {
        } catch {
            log.error("the stats port stopped: \(error)")
        }
    }

    private static func accept(
        _ listener: AsyncSocket, _ routes: StatsRoutes, _ log: Logger
    ) async throws {
        let places = Places(connectionsMax)
        try await withThrowingDiscardingTaskGroup { group in
            while true {
                try Task.checkCancellation()
                let socket: AsyncSocket
                do {
                    socket = try await listener.accept()
                } catch is CancellationError {
                    throw CancellationError()
                } catch {
                    // Out of descriptors, or the client is gone already: wait, then go on.
                    log.warning("stats port: accept failed: \(error)")
                    try await Task.sleep(for: .milliseconds(200))
                    continue
                }
                let isAdmitted = await places.take()
                group.addTask {
                    await serve(socket, isAdmitted ? routes : nil)
                    if isAdmitted { await places.release() }
                }
            }
        }
    }

    /// One connection to its end. Without routes: the house is full.
    private static func serve(_ socket: AsyncSocket, _ routes: StatsRoutes?) async {
        defer { try? socket.close() }
        do {
            guard let routes else {
                let full = HTTPReply.text(503, "too many connections to the stats port")
                return try await send(full.encoded(keepsAlive: false), to: socket)
            }
            var buffer: [UInt8] = []
            while true {
                let head: HTTPRequestHead?
                do {
                    head = try await nextHead(&buffer, socket)
                } catch let refusal as HTTPRequestHead.Refusal {
                    let reply = HTTPReply.refusal(refusal).encoded(keepsAlive: false)
                    return try await send(reply, to: socket)
                }
                guard let head else { return }
                let reply = routes.reply(to: head).encoded(
                    keepsAlive: head.keepsAlive, isHead: head.method == "HEAD")
                try await send(reply, to: socket)
                if !head.keepsAlive { return }
            }
        } catch {
            // The client went away or was too slow: nobody is left to tell.
        }
    }

    /// The next request's head, or `nil` when the client has closed. Leaves what follows it.
    private static func nextHead(
        _ buffer: inout [UInt8], _ socket: AsyncSocket
    ) async throws -> HTTPRequestHead? {
        var deadline = ContinuousClock.now + .seconds(idleSeconds)
        var isIdle = buffer.isEmpty
        if !isIdle { deadline = .now + .seconds(requestSeconds) }
        while true {
            if let (head, length) = try HTTPRequestHead.parse(buffer) {
                buffer.removeFirst(length)
                return head
            }
            let patience = deadline - ContinuousClock.now
            do {
                buffer += try await within(patience) { try await socket.read(atMost: 4_096) }
                // The head's time starts with its first byte and isn't extended by the next ones.
                if isIdle { deadline = .now + .seconds(requestSeconds) }
                isIdle = false
            } catch SocketError.disconnected {
                return nil
            }
        }
    }

    private static func send(_ bytes: [UInt8], to socket: AsyncSocket) async throws {
        try await within(.seconds(requestSeconds)) { try await socket.write(Data(bytes)) }
    }

    /// Runs `body`, cancelling it after `patience`.
    private static func within<T: Sendable>(
        _ patience: Duration, _ body: @escaping @Sendable () async throws -> T
    ) async throws -> T {
        try await withThrowingTaskGroup(of: T.self) { group in
            group.addTask(operation: body)
            group.addTask {
                try await Task.sleep(for: max(patience, .zero))
                throw SocketError.timeout(message: "stats port")
            }
            defer { group.cancelAll() }
            guard let first = try await group.next() else { throw CancellationError() }
            return first
        }
    }
}

/// How many more connections may come in.
private actor Places {
    private var free: Int
    init(_ count: Int) { free = count }

    func take() -> Bool {
        if free == 0 { return false }
        free -= 1
        return true
    }

    func release() { free += 1 }
}
