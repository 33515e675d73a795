import Cairn

/// The data path behind the control plane's door.
package enum CacheDoor {
    /// Starts the shards.
    package static func open(_ settings: ServerSettings) throws(StartFailure) -> any ServerDoor {
        throw StartFailure(message: "this build has no data path")
    }
}
