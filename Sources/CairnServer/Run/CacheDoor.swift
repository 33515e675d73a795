import Cairn

/// The data path behind the control plane's door.
package enum CacheDoor {
    /// Starts the shards.
    package static func open(_ settings: ServerSettings) throws(StartFailure) -> any ServerDoor {
        do throws(StartError) {
            return CacheServerDoor(server: try CacheServer.start(settings))
        } catch {
            throw StartFailure(message: error.text)
        }
    }
}

/// A running data path as a `ServerDoor`.
private struct CacheServerDoor: ServerDoor {
    let server: CacheServer

    var shardStats: [ShardStats] { server.shardStats }
    var boundPorts: [UInt16] { server.boundPorts }

    func describe() -> [String] { server.describe() }
    func reconfigure(_ settings: ServerSettings) { server.reconfigure(settings) }
    func stop() { server.stop() }

    func waitUntilStopped() -> String? {
        server.waitUntilStopped()
        return nil
    }
}
