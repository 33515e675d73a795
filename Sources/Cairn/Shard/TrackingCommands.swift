/// CLIENT TRACKING, CACHING, GETREDIR and TRACKINGINFO.
extension Shard where Engine: ~Copyable {
    /// Executes one of the four; its number of arguments has been checked.
    mutating func trackingCommand(_ place: Int32, _ input: Bytes, _ sub: SubcommandID) -> Step {
        switch sub {
        case .clientTracking: return tracking(place, input)
        case .clientCaching: caching(place, input)
        case .clientGetredir: emitInteger(redirection(of: place))
        default: trackingInfo(place)
        }
        return .done
    }

    // MARK: TRACKING

    private mutating func tracking(_ place: Int32, _ input: Bytes) -> Step {
        do throws(RESPError) {
            let index = connections[Int(place)].follower
            let current = index >= 0 ? followers.clients[index].mode : []
            let options = try TrackingOptions.parse(arguments, in: input, current: current)
            if !options.mode.contains(.on) {
                stopTracking(place)
                emitOK()
                return .done
            }
            return try startTracking(place, input, options)
        } catch {
            emitError(error)
            return .done
        }
    }

    private mutating func startTracking(
        _ place: Int32, _ input: Bytes, _ options: TrackingOptions
    ) throws(RESPError) -> Step {
        guard let index = becomeFollower(place) else {
            refuseFollower()
            return .done
        }
        if options.redirect != 0 {
            guard let exists = clientExists(place, index, UInt64(options.redirect)) else {
                return .wait
            }
            if !exists { throw .redirectUnknown }
        }
        if options.mode.contains(.broadcast), !followPrefixes(index, input) { return .done }
        followers.clients.update(index) {
            $0.mode = options.mode
            $0.redirect = UInt64(options.redirect)
            $0.isBroken = false
            if !options.mode.contains(.broadcast) { $0.hasTracked = true }
        }
        var flags = connections[Int(place)].flags
        flags.subtract([
            .trackingBroadcast, .trackingOptIn, .trackingOptOut, .trackingNoLoop, .cachingNext,
        ])
        flags.insert(.tracking)
        if options.mode.contains(.broadcast) { flags.insert(.trackingBroadcast) }
        if options.mode.contains(.optIn) { flags.insert(.trackingOptIn) }
        if options.mode.contains(.optOut) { flags.insert(.trackingOptOut) }
        if options.mode.contains(.noLoop) { flags.insert(.trackingNoLoop) }
        setTrackingFlags(place, flags)
        emitOK()
        return .done
    }

    private mutating func setTrackingFlags(_ place: Int32, _ flags: ConnectionFlags) {
        connections[Int(place)].flags = flags
        context.tracks = Self.tracksReads(flags)
        context.noLoop = flags.contains(.trackingNoLoop)
    }

    private mutating func stopTracking(_ place: Int32) {
        let index = connections[Int(place)].follower
        guard index >= 0 else { return }
        unfollowAll(index, .prefix)
        followers.clients.update(index) {
            $0.mode = []
            $0.redirect = 0
            $0.isBroken = false
        }
        var flags = connections[Int(place)].flags
        flags.subtract([
            .tracking, .trackingBroadcast, .trackingOptIn, .trackingOptOut, .trackingNoLoop,
            .cachingNext,
        ])
        setTrackingFlags(place, flags)
        refreshPrefixes()
    }

    mutating func refuseFollower() {
        noteOtherError()
        emit("-ERR too many clients follow keys or channels\r\n")
    }

    /// Registers the prefixes of the command, all or none. False: an error was answered.
    private mutating func followPrefixes(_ index: Int32, _ input: Bytes) -> Bool {
        var argument = 2
        while let next = TrackingOptions.nextPrefix(after: argument, arguments, in: input) {
            argument = next
            let prefix = arguments.argument(next, in: input)
            if let existing = overlap(index, prefix) {
                noteOtherError()
                emitPrefixOverlap(prefix, existing)
                return false
            }
        }
        argument = 2
        var count = 0
        while let next = TrackingOptions.nextPrefix(after: argument, arguments, in: input) {
            argument = next
            count += 1
            if !followPrefix(index, arguments.argument(next, in: input)) {
                undoPrefixes(index, input, count)
                noteOtherError()
                emit("-ERR too many prefixes are followed\r\n")
                return false
            }
        }
        if count == 0, !followPrefix(index, .empty) {
            noteOtherError()
            emit("-ERR too many prefixes are followed\r\n")
            return false
        }
        refreshPrefixes()
        return true
    }

    /// A prefix of this client that begins with `prefix` or the other way round.
    private func overlap(_ index: Int32, _ prefix: Bytes) -> Bytes? {
        var link = followers.topics.firstLink(index, .prefix)
        while link >= 0 {
            let known = followers.topics.name(followers.topics.link(link).topic)
            if TrackingOptions.overlap(known, prefix) { return known }
            link = followers.topics.link(link).nextOfFollower
        }
        return nil
    }

    private mutating func followPrefix(_ index: Int32, _ prefix: Bytes) -> Bool {
        let hash = group.hasher.hash(prefix)
        let isNew = followers.topics.find(.prefix, prefix, hash: hash) == nil
        switch followers.topics.add(index, .prefix, prefix, hash: hash) {
        case .present: return true
        case .full: return false
        case .added: break
        }
        if !isNew { return true }
        guard group.broadcasts.add(prefix, shard: self.index) else {
            _ = followers.topics.remove(index, .prefix, prefix, hash: hash)
            return false
        }
        group.words.add(ShardGroup.Word.broadcasts.rawValue, 1)
        return true
    }

    /// Takes back the first `count` prefixes of a command that failed.
    private mutating func undoPrefixes(_ index: Int32, _ input: Bytes, _ count: Int) {
        var argument = 2
        for _ in 0..<count {
            guard
                let next = TrackingOptions.nextPrefix(after: argument, arguments, in: input)
            else { break }
            argument = next
            let prefix = arguments.argument(next, in: input)
            let hash = group.hasher.hash(prefix)
            guard followers.topics.remove(index, .prefix, prefix, hash: hash) else { continue }
            if followers.topics.find(.prefix, prefix, hash: hash) == nil {
                group.broadcasts.remove(prefix, shard: self.index)
                group.words.add(ShardGroup.Word.broadcasts.rawValue, 1)
            }
        }
        refreshPrefixes()
    }

    // MARK: Redirection

    /// Whether a client id is connected; `nil`: its shard was asked, the connection waits.
    private mutating func clientExists(
        _ place: Int32, _ index: Int32, _ client: UInt64
    ) -> Bool? {
        let home = homeShard(of: client)
        if home == self.index { return hasClient(client) }
        // Inside EXEC over shards nobody may wait for a shard that isn't locked: it may wait for
        // us.
        if context.transaction != 0 { return true }
        let follower = followers.clients[index]
        if follower.askedFor == client {
            followers.clients.update(index) { $0.askedFor = 0 }
            return follower.askedExists
        }
        guard lock.coordinating == 0,
            calls.freeCount > 0, let slot = requestsOut[home].beginWrite()
        else {
            _ = waitNextTurn(place)
            return nil
        }
        let message = Message(slot)
        message.clear(.findClient)
        message.clientID = client
        var call = RemoteCall()
        call.purpose = .findClient
        call.client = client
        call.shard = UInt8(home)
        call.connection = place
        call.generation = connections[Int(place)].generation
        submit(message, call)
        waitForAnswer(place)
        return nil
    }

    private func hasClient(_ client: UInt64) -> Bool {
        if followers.find(client) != nil { return true }
        for place in 0..<connections.count where connections[place].id == client {
            let flags = connections[place].flags
            return flags.contains(.open) && !flags.contains(.dead)
        }
        return false
    }

    mutating func serveFindClient(_ message: Message, from other: Int) {
        enterRemote(message)
        emitBoolean(hasClient(message.clientID))
        respond(message, to: other)
    }

    mutating func clientFound(_ call: RemoteCall, _ message: Message) {
        guard let place = caller(of: call), connections[Int(place)].follower >= 0 else { return }
        let found = message.payload[1] == UInt8(ascii: "1")
        followers.clients.update(connections[Int(place)].follower) {
            $0.askedFor = call.client
            $0.askedExists = found
        }
        connections[Int(place)].flags.remove(.waiting)
        enqueueRun(place)
    }

    /// The client that gets this one's invalidations; 0: itself, -1: it doesn't track.
    func redirection(of place: Int32) -> Int {
        let index = connections[Int(place)].follower
        guard index >= 0, followers.clients[index].tracks else { return -1 }
        return Int(followers.clients[index].redirect)
    }

    // MARK: CACHING and TRACKINGINFO

    private mutating func caching(_ place: Int32, _ input: Bytes) {
        let word = arguments.argument(2, in: input)
        let flags = connections[Int(place)].flags
        guard flags.contains(.tracking) else {
            emitError(.cachingWithoutMode)
            return
        }
        if word.equalsIgnoringCase("yes") {
            if !flags.contains(.trackingOptIn) {
                emitError(.cachingYesNeedsOptIn)
                return
            }
        } else if word.equalsIgnoringCase("no") {
            if !flags.contains(.trackingOptOut) {
                emitError(.cachingNoNeedsOptOut)
                return
            }
        } else {
            emitError(.syntax)
            return
        }
        connections[Int(place)].flags.insert(.cachingNext)
        context.tracks = Self.tracksReads(connections[Int(place)].flags)
        emitOK()
    }

    private mutating func trackingInfo(_ place: Int32) {
        let flags = connections[Int(place)].flags
        let index = connections[Int(place)].follower
        emitMap(3)
        emitText("flags")
        if index < 0 || !flags.contains(.tracking) {
            emitSet(1)
            emitText("off")
        } else {
            emitTrackingFlags(flags, isBroken: followers.clients[index].isBroken)
        }
        emitText("redirect")
        emitInteger(redirection(of: place))
        emitText("prefixes")
        guard index >= 0 else {
            emitArray(0)
            return
        }
        emitArray(followers.topics.count(index, .prefix))
        var link = followers.topics.firstLink(index, .prefix)
        while link >= 0 {
            emitBulk(followers.topics.name(followers.topics.link(link).topic))
            link = followers.topics.link(link).nextOfFollower
        }
    }

    private mutating func emitTrackingFlags(_ flags: ConnectionFlags, isBroken: Bool) {
        let isBroadcast = flags.contains(.trackingBroadcast)
        let optIn = flags.contains(.trackingOptIn)
        let optOut = flags.contains(.trackingOptOut)
        let next = flags.contains(.cachingNext)
        let noLoop = flags.contains(.trackingNoLoop)
        var count = 1
        count += (isBroadcast ? 1 : 0) + (optIn ? 1 : 0) + (optOut ? 1 : 0)
        count += (next ? 1 : 0) + (noLoop ? 1 : 0) + (isBroken ? 1 : 0)
        emitSet(count)
        emitText("on")
        if isBroadcast { emitText("bcast") }
        if optIn {
            emitText("optin")
            if next { emitText("caching-yes") }
        }
        if optOut {
            emitText("optout")
            if next { emitText("caching-no") }
        }
        if noLoop { emitText("noloop") }
        if isBroken { emitText("broken_redirect") }
    }
}
