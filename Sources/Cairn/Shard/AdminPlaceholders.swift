/// Placeholders for what clients that track keys or follow channels bring with them.
extension Shard where Engine: ~Copyable {
    /// CLIENT TRACKING, CACHING, GETREDIR, TRACKINGINFO.
    mutating func trackingCommand(_ place: Int32, _ input: Bytes, _ sub: SubcommandID) -> Step {
        emitOK()
        return .done
    }

    /// Channels and patterns a client follows.
    func subscriptions(of place: Int32) -> (channels: Int, patterns: Int) { (0, 0) }

    /// The client that gets this one's invalidations; 0: itself, -1: it doesn't track.
    func redirection(of place: Int32) -> Int { -1 }
}

/// Placeholders for the parts of PUBSUB and PUBLISH that every shard takes part in.
extension Shard where Engine: ~Copyable {
    mutating func followersCount(_ control: Control, _ input: Bytes) -> Int? { 0 }
    mutating func followersList(_ control: Control, _ input: Bytes, into large: Int32) -> Int { 0 }
}
