import Synchronization

/// Texts and logs that commands of the control kind read and write: password, run id, slow log.
///
/// Behind a lock, which is why nothing of the data path comes here: a shard takes it only for AUTH,
/// CONFIG, SLOWLOG, or after a command that was slow anyway.
package final class ServerTexts: Sendable {
    /// One command that took longer than `slowlog-log-slower-than`.
    struct SlowCommand: Sendable {
        var id: Int
        var unixSeconds: Int
        var microseconds: Int
        /// At most 32 arguments of at most 128 bytes, as Redis.
        var arguments: [[UInt8]]
        var peer: [UInt8]
        var name: [UInt8]
    }

    private struct State {
        var password: [UInt8]?
        var slow: [SlowCommand] = []
        var nextSlowID = 0
        var slowLengthMax = 128
        var latency: [String: LatencyEvent] = [:]
    }

    /// The spikes of one kind of event (LATENCY).
    struct LatencyEvent: Sendable {
        /// Unix second and milliseconds of the last 160 spikes, oldest first.
        var samples: [(second: Int, milliseconds: Int)] = []
        var maximum = 0
    }

    private let state: Mutex<State>
    /// 40 hexadecimal digits, new at each start.
    package let runID: String

    init(password: String?, seed: UInt64) {
        state = Mutex(State(password: password.map { Array($0.utf8) }))
        var random = Random(seed: seed ^ 0x5DEE_CE66)
        let digits = Array("0123456789abcdef")
        runID = String((0..<40).map { _ in digits[random.below(16)] })
    }

    /// Whether a password is set.
    var needsPassword: Bool { state.withLock { $0.password != nil } }

    /// Compares without telling by time where the first difference is.
    func accepts(_ offered: Bytes) -> Bool {
        let candidate = offered.array
        return state.withLock { state in
            guard let password = state.password else { return true }
            var difference = password.count ^ candidate.count
            for index in password.indices {
                difference |= Int(
                    password[index] ^ (index < candidate.count ? candidate[index] : 0))
            }
            return difference == 0
        }
    }

    func setPassword(_ text: [UInt8]?) {
        state.withLock { $0.password = text }
    }

    var password: [UInt8]? { state.withLock { $0.password } }

    func logSlow(_ command: SlowCommand) {
        state.withLock { state in
            var command = command
            command.id = state.nextSlowID
            state.nextSlowID += 1
            state.slow.insert(command, at: 0)
            if state.slow.count > state.slowLengthMax { state.slow.removeLast() }
        }
    }

    func slowCommands(_ count: Int) -> [SlowCommand] {
        state.withLock { count < 0 ? $0.slow : Array($0.slow.prefix(count)) }
    }

    var slowCount: Int { state.withLock { $0.slow.count } }

    func resetSlow() { state.withLock { $0.slow = [] } }

    var slowLengthMax: Int {
        get { state.withLock { $0.slowLengthMax } }
        set {
            state.withLock { state in
                state.slowLengthMax = newValue
                while state.slow.count > newValue { state.slow.removeLast() }
            }
        }
    }

    func logLatency(_ event: String, second: Int, milliseconds: Int) {
        state.withLock { state in
            var history = state.latency[event] ?? LatencyEvent()
            if history.samples.last?.second == second {
                let last = history.samples.count - 1
                history.samples[last].milliseconds =
                    max(history.samples[last].milliseconds, milliseconds)
            } else {
                history.samples.append((second, milliseconds))
                if history.samples.count > 160 { history.samples.removeFirst() }
            }
            history.maximum = max(history.maximum, milliseconds)
            state.latency[event] = history
        }
    }

    var latencyEvents: [String: LatencyEvent] { state.withLock { $0.latency } }

    /// Forgets events (all when `names` is empty); returns how many were known.
    func resetLatency(_ names: [String]) -> Int {
        state.withLock { state in
            let before = state.latency.count
            if names.isEmpty {
                state.latency = [:]
            } else {
                for name in names { state.latency[name] = nil }
            }
            return before - state.latency.count
        }
    }
}
