/// What shards tell each other about followers, one way: changed keys, clients that ended, and what
/// a redirection carries.
///
/// A notice never overtakes the replies its shard published before it: a client hears of a change
/// only after the older value it was sent, so that it can't keep that one for good.
extension Shard where Engine: ~Copyable {
    /// The shard a client is connected to: client ids are made that way.
    func homeShard(of client: UInt64) -> Int {
        Int(truncatingIfNeeded: client % UInt64(group.shards))
    }

    mutating func tell(_ shard: Int, _ notice: Notice, _ key: Bytes = .empty) {
        if !followers.notices.isEmpty || !sendNotice(notice, key, to: shard) {
            followers.notices.push(notice, key, to: shard)
        }
    }

    /// False: no room now.
    private mutating func sendNotice(_ notice: Notice, _ key: Bytes, to shard: Int) -> Bool {
        guard let slot = requestsOut[shard].beginWrite() else { return false }
        let message = Message(slot)
        message.clear(.invalidate)
        message.command = notice.kind.rawValue
        message.clientID = notice.client
        message.hash = notice.other
        if key.count <= Message.payloadMax {
            message.payload.copy(key)
            message.payloadCount = key.count
            publishRequest(to: shard)
            return true
        }
        // A long key travels in a block that the answer frees.
        guard calls.freeCount > 0, let block = pool.allocate(key.count) else { return false }
        pool.bytes(block).copy(key)
        message.setView(pool.bytes(block).bytes.slice(0, key.count))
        var call = RemoteCall()
        call.purpose = .notice
        call.shard = UInt8(shard)
        call.block = block
        submit(message, call)
        return true
    }

    /// Sends what waited for room, in order; then what stands for notices that were lost.
    mutating func flushNotices() {
        while let (notice, key, shard) = followers.notices.peek() {
            if !sendNotice(notice, key, to: shard) { return }
            followers.notices.pop()
        }
        while let (shard, lost) = followers.notices.firstLost() {
            if lost.contains(.gone), !sendNotice(Notice(kind: .reset), .empty, to: shard) { return }
            if lost.contains(.keys), !sendNotice(Notice(kind: .flush), .empty, to: shard) { return }
            followers.notices.clearLost(shard)
            if lost.contains(.redirects) { repeatRedirects(to: shard) }
        }
    }

    private mutating func repeatRedirects(to shard: Int) {
        for index in 0..<Int32(followers.clients.capacity) {
            let follower = followers.clients[index]
            guard follower.tracks, follower.redirect != 0,
                homeShard(of: follower.redirect) == shard
            else { continue }
            followers.notices.push(
                Notice(kind: .redirectedFlush, client: follower.redirect, other: follower.id),
                .empty, to: shard)
        }
    }

    // MARK: Receiving

    mutating func serveInvalidate(_ message: Message, from other: Int) {
        takeResponses(of: other)
        guard let kind = Notice.Kind(rawValue: message.command) else {
            ensureFailed("notice of no kind", #fileID, #line)
        }
        context = RequestContext()
        receive(
            Notice(kind: kind, client: message.clientID, other: message.hash),
            message.encodedArguments, from: other)
        if message.view.count > 0 {
            enterRemote(message)
            respond(message, to: other)
        }
    }

    private mutating func receive(_ notice: Notice, _ key: Bytes, from other: Int) {
        switch notice.kind {
        case .key: invalidateHere(notice.client, key)
        case .broadcast: broadcastHere(key, by: notice.client)
        case .flush: flushHere()
        case .gone: followers.tracking.leave(notice.client)
        case .reset:
            followers.tracking.leaveAll(home: other)
            tell(other, Notice(kind: .flush))
        case .redirected, .redirectedFlush:
            let name: Bytes? = notice.kind == .redirected ? key : nil
            if !redirectHere(to: notice.client, name) {
                tell(other, Notice(kind: .broken, client: notice.other))
            }
        case .broken:
            if let index = followers.find(notice.client) { breakRedirection(index) }
        }
    }
}
