import Cairn

/// What a reload changes, and what it can't.
package struct Reload: Sendable, Equatable {
    /// Settings with everything that can change while running taken from the new configuration.
    package var settings: ServerSettings
    package var logLevel: String
    /// Keys that changed and are applied.
    package var applied: [String]
    /// Keys that changed and need a restart.
    package var needRestart: [String]

    /// Compares the running configuration with the newly read one.
    package static func plan(
        running: EffectiveConfiguration, wanted: EffectiveConfiguration
    ) -> Reload {
        var reload = Reload(
            settings: running.settings, logLevel: wanted.logLevel, applied: [], needRestart: [])
        reload.compare(
            "", ConfigSchema.root, running.configuration, wanted.configuration)
        reload.compare(
            "l1.", ConfigSchema.level, running.configuration.l1 ?? LevelConfiguration(),
            wanted.configuration.l1 ?? LevelConfiguration())
        // The printed form hides passwords, and a file can change while its path does not.
        if running.settings.password != wanted.settings.password,
            !reload.applied.contains("password_file"), !reload.applied.contains("password")
        {
            reload.applied.append("password")
        }
        reload.take(wanted.settings)
        return reload
    }

    private mutating func compare<Root>(
        _ prefix: String, _ keys: [ConfigKey<Root>], _ old: Root, _ new: Root
    ) {
        for key in keys where key.show(old) != key.show(new) {
            if key.isReloadable {
                applied.append(prefix + key.name)
            } else {
                needRestart.append(prefix + key.name)
            }
        }
    }

    private mutating func take(_ wanted: ServerSettings) {
        settings.password = wanted.password
        settings.maxConnections = wanted.maxConnections
        settings.idleTimeoutSeconds = wanted.idleTimeoutSeconds
        settings.outputLimitBytes = wanted.outputLimitBytes
        settings.stallTimeoutMilliseconds = wanted.stallTimeoutMilliseconds
        settings.spinMicroseconds = wanted.spinMicroseconds
        settings.trackingKeysMax = wanted.trackingKeysMax
        settings.slowlogMicroseconds = wanted.slowlogMicroseconds
        settings.slowlogLengthMax = wanted.slowlogLengthMax
        settings.l1.evictionPolicy = wanted.l1.evictionPolicy
        settings.l1.maxEntries = wanted.l1.maxEntries
        settings.l1.ttlMilliseconds = wanted.l1.ttlMilliseconds
    }
}
