import Foundation
import Logging
import Synchronization

/// Where the server's log goes and what is let through: one line an event on standard error.
///
///     2026-11-22T17:11:22.123Z info listening on 127.0.0.1:6390
package struct ServerLog: LogHandler {
    /// The least level let through by every logger of the process; a reload changes it.
    private static let least = Mutex(Logger.Level.info)

    /// Sets the least level let through.
    package static func setLevel(_ name: String) {
        guard let level = Logger.Level(rawValue: name) else { return }
        least.withLock { $0 = level }
    }

    /// The server's logger.
    package static func logger() -> Logger {
        Logger(label: "cairn") { _ in ServerLog() }
    }

    package var metadata: Logger.Metadata = [:]

    package var logLevel: Logger.Level {
        get { Self.least.withLock { $0 } }
        set { Self.least.withLock { $0 = newValue } }
    }

    package subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    package func log(event: LogEvent) {
        let time = Date.now.formatted(Date.ISO8601FormatStyle(includingFractionalSeconds: true))
        let fields = metadata.merging(event.metadata ?? [:]) { $1 }
        let tail = fields.sorted { $0.key < $1.key }.map { " \($0.key)=\($0.value)" }.joined()
        // A message of several lines keeps one line an event.
        let text = "\(event.message)".split(whereSeparator: \.isNewline).joined(separator: " | ")
        FileHandle.standardError.write(Data("\(time) \(event.level) \(text)\(tail)\n".utf8))
    }
}
