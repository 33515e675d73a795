import Cairn
import Foundation
import Logging
import Synchronization

/// One run of `cairn serve`: start, ready, reloads, drain, exit status.
package final class ServerRun: Sendable {
    private struct Changing {
        var effective: EffectiveConfiguration
        var notReady: [String] = []
        var stopAsked: ContinuousClock.Instant?
    }

    private let door: any ServerDoor
    private let log: Logger
    private let changing: Mutex<Changing>
    /// Reads the configuration again; a reload asks for it.
    private let read: @Sendable () throws(ConfigError) -> EffectiveConfiguration
    private let startTime = Date.now.timeIntervalSince1970
    private let startInstant = ContinuousClock.now

    /// Starts the data path.
    package init(
        _ effective: EffectiveConfiguration, log: Logger,
        read: @escaping @Sendable () throws(ConfigError) -> EffectiveConfiguration,
        open: (ServerSettings) throws(StartFailure) -> any ServerDoor
    ) throws(StartFailure) {
        door = try open(effective.settings)
        self.log = log
        self.read = read
        changing = Mutex(Changing(effective: effective))
        for line in door.describe() { log.info("\(line)") }
    }

    /// Opens the stats port, if there is one.
    package func openStats() throws(StartFailure) -> StatsServer? {
        guard let address = changing.withLock({ $0.effective.stats }) else { return nil }
        do {
            return try StatsServer.start(address, log: log) { [self] in state() }
        } catch {
            door.stop()
            _ = door.waitUntilStopped()
            throw StartFailure(message: error.message)
        }
    }

    /// The line for standard output that says the ports answer.
    package func readyLine(stats: StatsServer?) -> String {
        let settings = changing.withLock { $0.effective.settings }
        var places = zip(settings.listen, door.boundPorts).map { address, port in
            AddressText.format(ListenAddress(host: address.host, port: port))
        }
        if let path = settings.unixPath { places.append(path) }
        let page = stats.map { ", live page http://\(AddressText.format($0.address))/" } ?? ""
        return "cairn \(CairnVersion.current) ready: RESP on \(places.joined(separator: ", "))"
            + page + ", pid \(ProcessInfo.processInfo.processIdentifier)"
    }

    /// A second request to stop sooner than this is the first one told twice: `timeout` signals the
    /// process and then its group.
    static let patience = Duration.seconds(2)

    /// Handles one signal. True: it is the second request to stop, and the process should end now.
    package func handle(_ signal: Signals.Received, at now: ContinuousClock.Instant = .now) -> Bool
    {
        switch signal {
        case .reload:
            reload()
            return false
        case .stop:
            let first = changing.withLock { changing in
                defer {
                    changing.stopAsked = changing.stopAsked ?? now
                    changing.notReady = ["stopping"]
                }
                return changing.stopAsked
            }
            if let first {
                if now - first < Self.patience { return false }
                log.warning("asked to stop again: ending without waiting for clients")
                return true
            }
            log.notice("asked to stop: no new clients, finishing what is under way")
            door.stop()
            return false
        }
    }

    /// Waits for the end. The process's exit status.
    package func waitUntilStopped() -> Int32 {
        if let failure = door.waitUntilStopped() {
            log.critical("stopped by a failure: \(failure)")
            return 1
        }
        log.notice("stopped")
        return 0
    }

    /// What the stats port shows.
    package func state() -> ServerState {
        let (settings, notReady) = changing.withLock { ($0.effective.settings, $0.notReady) }
        return ServerState(
            version: CairnVersion.current, startTime: startTime,
            uptimeSeconds: (ContinuousClock.now - startInstant) / .seconds(1),
            shards: door.shardStats.map { $0.snapshot() }, notReady: notReady,
            memoryLimit: settings.memoryLimit, maxConnections: settings.maxConnections,
            process: .ofThisProcess())
    }

    private func reload() {
        let wanted: EffectiveConfiguration
        do {
            wanted = try read()
        } catch {
            log.error("reload refused, the running configuration stays: \(error.text)")
            return
        }
        if !wanted.refusals.isEmpty {
            let reasons = wanted.refusals.map(\.text).joined(separator: "; ")
            log.error("reload refused, the running configuration stays: \(reasons)")
            return
        }
        let plan = changing.withLock { changing in
            let plan = Reload.plan(running: changing.effective, wanted: wanted)
            changing.effective = changing.effective.applying(plan, from: wanted)
            return plan
        }
        door.reconfigure(plan.settings)
        ServerLog.setLevel(plan.logLevel)
        let none = "nothing"
        log.notice(
            """
            reloaded: changed \
            \(plan.applied.isEmpty ? none : plan.applied.joined(separator: ", "))
            """
        )
        if !plan.needRestart.isEmpty {
            log.warning("needs a restart: \(plan.needRestart.joined(separator: ", "))")
        }
    }
}

extension EffectiveConfiguration {
    /// The running configuration after a reload: what was applied is new, the rest stays, so that
    /// the next reload says again what still needs a restart.
    func applying(_ plan: Reload, from wanted: EffectiveConfiguration) -> EffectiveConfiguration {
        var result = self
        result.settings = plan.settings
        result.logLevel = plan.logLevel
        for key in ConfigSchema.root where key.isReloadable {
            key.copy(wanted.configuration, &result.configuration)
        }
        var l1 = result.configuration.l1 ?? LevelConfiguration()
        for key in ConfigSchema.level where key.isReloadable {
            key.copy(wanted.configuration.l1 ?? LevelConfiguration(), &l1)
        }
        result.configuration.l1 = l1
        return result
    }
}
