/// The end of a large value's way in: its options are parsed, it is published, here or on its
/// owner.
extension Shard where Engine: ~Copyable {
    // MARK: Finishing

    /// The value is whole: parses what follows it and publishes. How many bytes were used.
    mutating func finishStream(_ place: Int32, _ index: Int32, _ input: Bytes) -> Int {
        let stream = streams[index]
        var value = LargeValue(
            argumentIndex: stream.argumentIndex, argumentCount: stream.argumentCount, offset: 0,
            length: 0, consumed: 0)
        value.length = stream.length
        context.input = input
        switch RESPParser.resume(
            after: value, input, from: 0, into: &arguments, limits: limits)
        {
        case .command(let consumed):
            if !publishStream(place, index, input) { return 0 }
            return consumed
        case .error(let error):
            stats.add(.protocolErrors)
            emitProtocolError(error)
            closeWhenAnswered(place, .protocolError)
            dropStream(place)
            return input.count
        case .needMore, .empty, .largeValue:
            return 0
        }
    }

    /// Publishes a whole value. False: it waits.
    mutating func publishStream(_ place: Int32, _ index: Int32, _ input: Bytes) -> Bool {
        let stream = streams[index]
        if stream.entry == .none {
            emitError(stream.tooLarge ? .stringTooLong : .outOfMemory)
            dropStream(place)
            return true
        }
        do throws(RESPError) {
            let options = try streamOptions(stream, input)
            if Int(stream.owner) == self.index {
                if isLockedOut {
                    pauseAndRetry(place)
                    return false
                }
                commitHere(stream.entry, stream.command, stream.hash, options)
                streams.update(index) { $0.entry = .none }
                dropStream(place)
                return true
            }
            return commitThere(place, index, options)
        } catch {
            emitError(error)
            dropStream(place)
            return true
        }
    }

    /// Options of a streamed SET and its kin.
    func streamOptions(
        _ stream: StreamedValue, _ input: Bytes
    ) throws(RESPError) -> CommitOptions {
        var options = CommitOptions()
        switch stream.command {
        case .set:
            if stream.argumentCount > 3 {
                let parsed = try StringOptions.parseSet(arguments, in: input)
                options.write = try writeOptions(parsed, input, for: .set)
                options.returnsOld = parsed.returnsOld
            }
        case .setnx: options.write.condition = .ifAbsent
        case .getset: options.returnsOld = true
        case .setex, .psetex: options.write.expiry = .at(stream.expiresAtMs)
        default:
            if stream.argumentCount > 3 {
                let put = try PutOptions.parse(arguments, in: input, nowMs: nowMs)
                if let moment = put.expiresAtMs { options.write.expiry = .at(moment) }
                options.type = put.entryType
                options.priority = Int(put.priority)
            }
        }
        return options
    }

    /// Applies the conditions of a streamed write and publishes it, or gives its memory back.
    mutating func commitHere(
        _ entry: EntryID, _ command: CommandID, _ hash: UInt64, _ options: CommitOptions
    ) {
        let key = l1.key(of: entry)
        let present = l1.find(key, hash: hash, nowMs: nowMs)
        let passes =
            options.write.condition == .always
            || (present != nil) == (options.write.condition == .ifPresent)
        turnCounts.set &+= 1
        let isPinned = options.returnsOld && present.map { l1.pin($0) } ?? false
        if passes {
            let expiry = expiryMs(options.write.expiry, present: present)
            l1.setClass(entry, type: options.type, priority: options.priority)
            publish(entry, key, hash, expiry: expiry)
        } else {
            l1.abandon(entry)
        }
        if options.returnsOld {
            if let present, isPinned {
                emitValue(present, offset: 0, length: l1.valueLength(of: present))
                l1.unpin(present)
            } else {
                emitNull()
            }
        } else if command == .setnx {
            emitBoolean(passes)
        } else if passes {
            emitOK()
        } else {
            emitNull()
        }
    }

    mutating func commitThere(
        _ place: Int32, _ index: Int32, _ options: CommitOptions
    ) -> Bool {
        let stream = streams[index]
        let owner = Int(stream.owner)
        if !hasReplyRoom(place) {
            pause(place)
            _ = waitForReplyRoom(place)
            return false
        }
        guard calls.freeCount > 0, lock.coordinating == 0,
            let slot = requestsOut[owner].beginWrite()
        else {
            pauseAndRetry(place)
            return false
        }
        let message = Message(slot)
        message.clear(.commitReserved)
        message.command = stream.command.rawValue
        message.handle = stream.entry.raw
        message.hash = stream.hash
        message.flags = contextFlags
        message.clientID = context.clientID
        options.encode(into: message.payload)
        var call = streamCall(place, owner)
        call.purpose = .reply
        call.hole = addHole(place)
        submit(message, call)
        // The reservation is the owner's again; the connection may go on with its next command.
        streams.update(index) { $0.entry = .none }
        dropStream(place)
        return true
    }

    /// Ends a connection's stream; a reservation that was not published is given back.
    mutating func dropStream(_ place: Int32) {
        let index = connections[Int(place)].stream
        guard index >= 0 else { return }
        let stream = streams[index]
        // While its owner is asked for a piece, the answer tells what to give back.
        if stream.entry != .none, stream.phase != .asked { giveBack(stream) }
        streams.give(index)
        connections[Int(place)].stream = -1
    }

    mutating func giveBack(_ stream: StreamedValue) {
        if Int(stream.owner) == self.index {
            l1.abandon(stream.entry)
        } else {
            releaseRemote(stream.entry.raw, kind: .reservation, shard: Int(stream.owner))
        }
    }

    // MARK: Between shards

    mutating func serveReserve(_ message: Message, from other: Int) -> Bool {
        let key = message.encodedArguments
        guard let slot = responsesOut[other].beginWrite() else { return false }
        let response = Message(slot)
        let onlyIfAbsent = message.flags & MessageFlag.onlyIfAbsent
        if onlyIfAbsent != 0, l1.find(key, hash: message.hash, nowMs: nowMs) != nil {
            response.clear(.refused)
            response.flags = onlyIfAbsent
            response.call = message.call
            response.generation = message.generation
            publishResponse(to: other)
            return true
        }
        let grows = message.flags & MessageFlag.growing != 0
        var made =
            grows
            ? l1.reserveGrowing(
                key, hash: message.hash, valueLength: message.length, nowMs: nowMs)
            : l1.reserve(key, hash: message.hash, valueLength: message.length, nowMs: nowMs)
        // A client that sends waits on its own shard; a transaction's request waits here.
        if !grows || made != .blocked { made = boundedInLane(made) }
        switch made {
        case .entry(let entry):
            response.clear(.reserved)
            response.handle = entry.raw
            response.setView(l1.segment(of: entry, at: 0).bytes)
        case .blocked where grows:
            response.clear(.busy)
            response.handle = EntryID.none.raw
        case .busy, .blocked: return false
        case .refused:
            response.clear(.refused)
            response.handle = EntryID.none.raw
        }
        response.call = message.call
        response.generation = message.generation
        publishResponse(to: other)
        return true
    }

    mutating func serveCommit(_ message: Message, from other: Int) {
        enterRemote(message)
        commitHere(
            EntryID(message.handle), CommandID(rawValue: message.command) ?? .set, message.hash,
            CommitOptions(decoding: message.payload.bytes))
        respond(message, to: other)
    }

    mutating func streamAnswered(_ call: RemoteCall, _ message: Message, from other: Int) {
        guard let place = caller(of: call), connections[Int(place)].stream >= 0 else {
            if message.handle != EntryID.none.raw {
                releaseRemote(message.handle, kind: .reservation, shard: other)
            }
            return
        }
        let index = connections[Int(place)].stream
        connections[Int(place)].flags.remove(.waiting)
        switch message.kind {
        case .reserved, .piece:
            if streams[index].entry == .none { countStream(place, streams[index]) }
            streams.update(index) { stream in
                stream.entry = EntryID(message.handle)
                stream.piece = message.view
                stream.phase = .filling
            }
            endWait(place)
        case .busy:
            if case .refused = bounded(.blocked, for: place) {
                if streams[index].entry == .none { countStream(place, streams[index]) }
                giveUpStream(index)
            } else {
                restStream(place, index)
                return
            }
        default:
            if streams[index].entry == .none { countStream(place, streams[index]) }
            giveUpStream(index)
        }
        enqueueRun(place)
    }

    /// The owner has no memory now: the connection asks again in a moment.
    private mutating func restStream(_ place: Int32, _ index: Int32) {
        if streams[index].entry == .none {
            // The command is parsed again from its start, which was kept.
            dropStream(place)
        } else {
            streams.update(index) { $0.phase = .starved }
        }
        waitForRoom(place)
    }
}

/// How a streamed value is published.
struct CommitOptions {
    var write = WriteOptions()
    var returnsOld = false
    var type = EntryType.block
    var priority = 5

    init() {}

    func encode(into payload: MutableBytes) {
        let condition: UInt8 =
            switch write.condition {
            case .always: 0
            case .ifAbsent: 1
            case .ifPresent: 2
            }
        var kind: UInt8 = 0
        var moment: UInt64 = 0
        switch write.expiry {
        case .ordinary: kind = 0
        case .keep: kind = 1
        case .at(let unixMs):
            kind = 2
            moment = unixMs
        }
        payload[0] = condition
        payload[1] = kind
        payload[2] = returnsOld ? 1 : 0
        payload[3] = type.rawValue
        payload[4] = UInt8(priority)
        payload.store(moment, at: 8)
    }

    init(decoding payload: Bytes) {
        write.condition = payload[0] == 0 ? .always : payload[0] == 1 ? .ifAbsent : .ifPresent
        switch payload[1] {
        case 0: write.expiry = .ordinary
        case 1: write.expiry = .keep
        default: write.expiry = .at(payload.load(8, as: UInt64.self))
        }
        returnsOld = payload[2] == 1
        type = EntryType(rawValue: payload[3]) ?? .block
        priority = Int(payload[4])
    }
}
