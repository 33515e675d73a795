/// CLIENT TRACKING: clients hear of changes of keys they hold copies of.
///
/// 1. A read by a tracking client leaves a node at the key's owner, after its reply was published.
/// 2. A change of the key, its expiry or eviction takes its nodes out and tells their clients'
///   shards.
/// 3. The client's shard pushes the news, or hands it to the client it is redirected to.
///
/// With BCAST nothing is remembered for each key: every shard has a copy of the followed prefixes.
///
/// When the table is full, a key drawn at random is invalidated to make room; where that fails, the
/// key that was just read is invalidated at once. A client may hear too much, never too little.
extension Shard where Engine: ~Copyable {
    // MARK: Owner of keys

    /// Whether a change of a key may have to be told.
    @inline(__always)
    func isFollowed(_ key: Bytes, _ hash: UInt64) -> Bool { followers.isActive }

    /// A client changed or removed a key.
    mutating func noteChange(_ key: Bytes, hash: UInt64) {
        invalidate(key, hash, by: context.noLoop ? context.clientID : 0)
    }

    /// A tracking client's command on `key` was executed.
    mutating func noteTrackedRead(_ id: CommandID, _ key: Bytes, hash: UInt64) {
        let spec = specs[Int(id.rawValue)]
        guard spec.flags.contains(.readonly), spec.firstKey == 1 else { return }
        let client = context.clientID
        let home = Int(context.home)
        if !track(client, home, hash) {
            makeTrackingRoom()
            if !track(client, home, hash) {
                stats.add(.trackingKeysDropped)
                tellKey(key, client, home)
                return
            }
        }
        if let entry = l1.find(key, hash: hash, nowMs: nowMs) { l1.setTracked(entry, true) }
        refreshActivity()
    }

    private mutating func track(_ client: UInt64, _ home: Int, _ hash: UInt64) -> Bool {
        let limit = max(1, live.trackingKeysMax)
        var outcome = followers.tracking.add(hash, id: client, home: home, nodesMax: limit)
        if outcome == .noMemory, l1.tryCharge(followers.tracking.bytesWanted) {
            followers.tracking.grow()
            outcome = followers.tracking.add(hash, id: client, home: home, nodesMax: limit)
        }
        return outcome == .added || outcome == .present
    }

    /// Invalidates a key drawn at random. Its name comes from the cache: a key that isn't there any
    /// more (or never was) can't be named, then another is drawn.
    private mutating func makeTrackingRoom() {
        for _ in 0..<16 {
            guard let hash = followers.tracking.hash(at: random.below(1 << 30)),
                let entry = l1.entry(hash: hash, nowMs: nowMs)
            else { continue }
            let key = l1.key(of: entry)
            guard group.hasher.hash(key) == hash else { continue }
            stats.add(.trackingKeysDropped)
            invalidate(key, hash, by: 0)
            return
        }
    }

    private mutating func refreshActivity() { l1.recordRemovals(followers.refreshActivity()) }

    /// Tells everybody who tracks `key`, but not the client `writer`.
    private mutating func invalidate(_ key: Bytes, _ hash: UInt64, by writer: UInt64) {
        if followers.tracking.count > 0 {
            while let client = followers.tracking.take(hash) {
                if client.id != writer { tellKey(key, client.id, client.home) }
            }
            if followers.tracking.count == 0 { refreshActivity() }
        }
        if followers.broadcast.count > 0 {
            let homes = followers.broadcast.homes(of: key)
            if homes.isEmpty { return }
            for home in 0..<group.shards where homes.contains(home) {
                if home == index {
                    broadcastHere(key, by: writer)
                } else {
                    tell(home, Notice(kind: .broadcast, client: writer), key)
                }
            }
        }
    }

    private mutating func tellKey(_ key: Bytes, _ client: UInt64, _ home: Int) {
        if home == index {
            invalidateHere(client, key)
        } else {
            tell(home, Notice(kind: .key, client: client), key)
        }
    }

    /// All keys of this shard were removed.
    mutating func noteFlush() {
        var homes = followers.tracking.homes()
        homes.formUnion(followers.broadcast.homes)
        followers.tracking.leaveAll(home: -1)
        for home in 0..<group.shards where home != index && homes.contains(home) {
            tell(home, Notice(kind: .flush))
        }
        flushHere()
    }

    /// Once a turn: tells of removals nobody asked for, and goes on with what waits.
    mutating func drainRemovals() {
        while let removal = l1.nextRemoval() {
            invalidate(removal.key, group.hasher.hash(removal.key), by: 0)
        }
        guard followers.hasWork else { return }
        flushNotices()
        if followers.tracking.goneCount > 0 || followers.tracking.isAbandoned {
            followers.tracking.sweepGone(256)
            let bytes = followers.tracking.shrink()
            if bytes > 0 { l1.release(bytes) }
            refreshActivity()
        }
    }

    /// Takes over prefixes that came or went. Called before requests of a turn are served, and
    /// before each request of another shard: who was told OK hears of every later write.
    @inline(__always)
    mutating func refreshPrefixes() {
        if _slowPath(group.get(.broadcasts) != followers.broadcast.version) { loadPrefixes() }
    }

    private mutating func loadPrefixes() {
        followers.broadcast.load(group.broadcasts, version: group.get(.broadcasts))
        refreshActivity()
    }

    // MARK: Home of clients

    /// A key that a client of this shard tracks has changed.
    mutating func invalidateHere(_ client: UInt64, _ key: Bytes) {
        guard let index = followers.find(client) else { return }
        let mode = followers.clients[index].mode
        if mode.contains(.on), !mode.contains(.broadcast) { deliver(index, key) }
    }

    /// A key has changed that may begin with prefixes that clients of this shard follow.
    mutating func broadcastHere(_ key: Bytes, by writer: UInt64) {
        var topic = followers.topics.first(.prefix)
        while topic >= 0 {
            let prefix = followers.topics.name(topic)
            if prefix.count <= key.count, key.slice(0, prefix.count) == prefix {
                var link = followers.topics[topic].firstLink
                while link >= 0 {
                    let index = followers.topics.link(link).follower
                    link = followers.topics.link(link).nextOfTopic
                    let follower = followers.clients[index]
                    if writer != 0, follower.id == writer, follower.mode.contains(.noLoop) {
                        continue
                    }
                    deliver(index, key)
                }
            }
            topic = followers.topics[topic].next
        }
    }

    /// Everything that clients of this shard track may have changed.
    mutating func flushHere() {
        guard followers.clients.usedCount > 0 else { return }
        for index in 0..<Int32(followers.clients.capacity) where followers.clients[index].tracks {
            deliver(index, nil)
        }
    }

    /// Hands a key (`nil`: all of them) to a tracking client or to its redirection.
    private mutating func deliver(_ index: Int32, _ key: Bytes?) {
        let follower = followers.clients[index]
        stats.add(.trackingInvalidations)
        if follower.isBroken {
            // Ids don't come back: no need to look for the target again.
            breakRedirection(index)
            return
        }
        if follower.redirect == 0 {
            if connections[Int(follower.place)].version == .resp3 {
                pushInvalidation(follower.place, key)
            }
            return
        }
        let home = homeShard(of: follower.redirect)
        if home != self.index {
            let kind = key == nil ? Notice.Kind.redirectedFlush : .redirected
            tell(
                home, Notice(kind: kind, client: follower.redirect, other: follower.id),
                key ?? .empty)
        } else if !redirectHere(to: follower.redirect, key) {
            breakRedirection(index)
        }
    }

    /// Pushes to the target of a redirection. False: there is no such client.
    mutating func redirectHere(to client: UInt64, _ key: Bytes?) -> Bool {
        guard let index = followerIndex(of: client) else { return false }
        let place = followers.clients[index].place
        let connection = connections[Int(place)]
        if connection.version == .resp3 || connection.flags.contains(.subscribed) {
            pushInvalidation(place, key)
        }
        return true
    }

    /// The follower of a client id, made one if it is none yet.
    private mutating func followerIndex(of client: UInt64) -> Int32? {
        if let known = followers.find(client) { return known }
        for place in 0..<connections.count where connections[place].id == client {
            let flags = connections[place].flags
            guard flags.contains(.open), !flags.contains(.dead) else { return nil }
            return becomeFollower(Int32(place))
        }
        return nil
    }

    private mutating func pushInvalidation(_ place: Int32, _ key: Bytes?) {
        let isPush = connections[Int(place)].version == .resp3
        var sink = ByteSink(followers.staging.bytes, at: 0)
        sink.append(
            isPush
                ? ">2\r\n$10\r\ninvalidate\r\n"
                : "*3\r\n$7\r\nmessage\r\n$20\r\n__redis__:invalidate\r\n")
        if let key {
            sink.append("*1\r\n$")
            sink.append(key.count)
            sink.appendLineEnd()
            sink.append(key)
            sink.appendLineEnd()
        } else {
            sink.append(isPush ? "_\r\n" : "$-1\r\n")
        }
        guard let end = sink.end else { ensureFailed("push larger than its bound", #fileID, #line) }
        push(place, followers.staging.bytes.bytes.slice(0, end))
    }

    /// The target of a redirection has gone: a RESP3 client is told.
    mutating func breakRedirection(_ index: Int32) {
        let follower = followers.clients[index]
        guard follower.tracks, follower.redirect != 0 else { return }
        followers.clients.update(index) { $0.isBroken = true }
        guard connections[Int(follower.place)].version == .resp3 else { return }
        var sink = ByteSink(followers.staging.bytes, at: 0)
        sink.append(">2\r\n$21\r\ntracking-redir-broken\r\n:")
        sink.append(Int(follower.redirect))
        sink.appendLineEnd()
        push(follower.place, followers.staging.bytes.bytes.slice(0, sink.position))
    }

    // MARK: Coming and going

    /// The connection's place among the followers; `nil`: the table is full.
    mutating func becomeFollower(_ place: Int32) -> Int32? {
        let known = connections[Int(place)].follower
        if known >= 0 { return known }
        guard let index = followers.add(place, id: connections[Int(place)].id) else { return nil }
        connections[Int(place)].follower = index
        return index
    }

    /// The connection follows nothing any more: it ends, or RESET.
    mutating func leaveFollowers(_ place: Int32) {
        let index = connections[Int(place)].follower
        guard index >= 0 else { return }
        connections[Int(place)].flags.remove(Self.followerFlags)
        if context.connection == place { context.tracks = false }
        let follower = followers.clients[index]
        dropPushes(index)
        unfollowAll(index, .channel)
        unfollowAll(index, .pattern)
        unfollowAll(index, .prefix)
        followers.remove(index)
        connections[Int(place)].follower = -1
        // An id never comes back: what the client tracked can go. After a RESET it stays, as a
        // later read of the same client could overtake the notice; it costs an invalidation nobody
        // reads.
        guard connections[Int(place)].flags.contains(.dead), follower.hasTracked else { return }
        for shard in 0..<group.shards {
            if shard == self.index {
                followers.tracking.leave(follower.id)
            } else {
                tell(shard, Notice(kind: .gone, client: follower.id))
            }
        }
    }

    static var followerFlags: ConnectionFlags {
        [
            .tracking, .trackingBroadcast, .trackingOptIn, .trackingOptOut, .trackingNoLoop,
            .cachingNext, .subscribed, .pushPending,
        ]
    }

    mutating func unfollowAll(_ index: Int32, _ kind: TopicTable.Kind) {
        while true {
            let link = followers.topics.firstLink(index, kind)
            if link < 0 { return }
            let topic = followers.topics.link(link).topic
            if kind == .prefix, followers.topics[topic].count == 1 {
                group.broadcasts.remove(followers.topics.name(topic), shard: self.index)
                group.words.add(ShardGroup.Word.broadcasts.rawValue, 1)
            }
            followers.topics.removeLink(link)
        }
    }

    /// Whether reads of a connection with these flags are tracked.
    static func tracksReads(_ flags: ConnectionFlags) -> Bool {
        guard flags.contains(.tracking), !flags.contains(.trackingBroadcast) else { return false }
        if flags.contains(.trackingOptIn) { return flags.contains(.cachingNext) }
        if flags.contains(.trackingOptOut) { return !flags.contains(.cachingNext) }
        return true
    }
}
