/// CLIENT: what a client asks about itself and about the others, on all shards.
extension Shard where Engine: ~Copyable {
    mutating func clientCommand(_ place: Int32, _ input: Bytes, _ sub: SubcommandID) -> Step {
        switch sub {
        case .clientTracking, .clientTrackinginfo, .clientGetredir, .clientCaching:
            return trackingCommand(place, input, sub)
        case .clientList, .clientKill: return clientsEverywhere(place, input, sub)
        default: break
        }
        do throws(RESPError) {
            try clientHere(place, input, sub)
        } catch {
            emitError(error)
        }
        return .done
    }

    private mutating func clientHere(
        _ place: Int32, _ input: Bytes, _ sub: SubcommandID
    ) throws(RESPError) {
        switch sub {
        case .clientId: emitInteger(Int(connections[Int(place)].id))
        case .clientGetname:
            let name = name(of: place)
            if name.isEmpty { emitNull() } else { emitBulk(name) }
        case .clientSetname:
            let name = arguments.argument(2, in: input)
            guard ClientName.isValid(name) else { throw .clientName }
            setName(place, name)
            emitOK()
        case .clientSetinfo: try setInfo(place, input)
        case .clientInfo:
            var line: [UInt8] = []
            describe(place, into: &line)
            line.withBytes { emitVerbatim($0) }
        case .clientPause: try pauseClients(input)
        case .clientUnpause:
            group.set(.pauseUntilMs, 0)
            // Whoever sleeps until the pause ends shall hear of it.
            for other in 0..<group.shards where other != index { wakeWanted[other] = true }
            emitOK()
        case .clientReply: try setReply(place, input)
        case .clientNoEvict: try setFlag(place, input, .noEvict)
        case .clientNoTouch:
            try setFlag(place, input, .noTouch)
            context.noTouch = connections[Int(place)].flags.contains(.noTouch)
        default: try unblock(input)
        }
    }

    // MARK: The connection's own

    /// CLIENT SETINFO LIB-NAME | LIB-VER value: what the library calls itself.
    private mutating func setInfo(_ place: Int32, _ input: Bytes) throws(RESPError) {
        let attribute = arguments.argument(2, in: input)
        let value = arguments.argument(3, in: input)
        let isName = attribute.equalsIgnoringCase("lib-name")
        if !isName && !attribute.equalsIgnoringCase("lib-ver") {
            emitUnknownAttribute(attribute)
            return
        }
        guard ClientName.isValid(value) else {
            noteOtherError()
            emit(
                isName
                    ? "-ERR lib-name cannot contain spaces, newlines or special characters.\r\n"
                    : "-ERR lib-ver cannot contain spaces, newlines or special characters.\r\n")
            return
        }
        let block = infos[Int(place)].block
        if block != .none {
            let most =
                isName
                ? ConnectionInfo.libraryNameBytesMax : ConnectionInfo.libraryVersionBytesMax
            let text = value.slice(0, min(value.count, most))
            pool.bytes(block).copy(
                text,
                at: isName ? ConnectionInfo.libraryNameAt : ConnectionInfo.libraryVersionAt)
            if isName {
                infos[Int(place)].libraryNameLength = UInt8(text.count)
            } else {
                infos[Int(place)].libraryVersionLength = UInt8(text.count)
            }
        }
        emitOK()
    }

    private mutating func emitUnknownAttribute(_ attribute: Bytes) {
        noteOtherError()
        var text: [UInt8] = []
        text.append("-ERR Unrecognized option '")
        for index in 0..<min(attribute.count, 128) {
            let byte = attribute[index]
            text.append(byte < 0x20 ? UInt8(ascii: " ") : byte)
        }
        text.append("'\r\n")
        text.withBytes { emitRaw($0) }
    }

    /// CLIENT REPLY ON | OFF | SKIP. Only ON is answered.
    private mutating func setReply(_ place: Int32, _ input: Bytes) throws(RESPError) {
        let word = arguments.argument(2, in: input)
        if word.equalsIgnoringCase("on") {
            connections[Int(place)].flags.remove([.silent, .skipNext])
            emitOK()
        } else if word.equalsIgnoringCase("off") {
            connections[Int(place)].flags.insert(.silent)
            connections[Int(place)].flags.remove(.skipNext)
        } else if word.equalsIgnoringCase("skip") {
            if !connections[Int(place)].flags.contains(.silent) {
                connections[Int(place)].flags.insert(.skipNext)
            }
        } else if !connections[Int(place)].flags.contains(.silent) {
            throw .syntax
        }
    }

    /// Whether a command is CLIENT REPLY, which runs whatever it said before.
    func isClientReply(_ id: CommandID, _ input: Bytes) -> Bool {
        id == .client && arguments.count == 3
            && arguments.argument(1, in: input).equalsIgnoringCase("reply")
    }

    private mutating func setFlag(
        _ place: Int32, _ input: Bytes, _ flag: ConnectionFlags
    ) throws(RESPError) {
        let word = arguments.argument(2, in: input)
        if word.equalsIgnoringCase("on") {
            connections[Int(place)].flags.insert(flag)
        } else if word.equalsIgnoringCase("off") {
            connections[Int(place)].flags.remove(flag)
        } else {
            throw .syntax
        }
        emitOK()
    }

    /// CLIENT PAUSE: a pause is never shortened or weakened by another.
    private mutating func pauseClients(_ input: Bytes) throws(RESPError) {
        if arguments.count > 4 { throw .wrongSubcommandArity(.clientPause) }
        var writesOnly = false
        if arguments.count == 4 {
            let mode = arguments.argument(3, in: input)
            writesOnly = mode.equalsIgnoringCase("write")
            if !writesOnly && !mode.equalsIgnoringCase("all") { throw .pauseMode }
        }
        let milliseconds = try timeout(2, input)
        // A hundred years at most: the sum stays in 64 bits.
        let end = Int(nowMs) + Int(min(milliseconds, 3_155_760_000_000))
        let isPaused = group.get(.pauseUntilMs) > Int(nowMs)
        if isPaused, group.get(.pauseWritesOnly) == 0 { writesOnly = false }
        group.set(.pauseWritesOnly, writesOnly ? 1 : 0)
        group.set(.pauseUntilMs, isPaused ? max(end, group.get(.pauseUntilMs)) : end)
        for other in 0..<group.shards where other != index { wakeWanted[other] = true }
        emitOK()
    }

    /// CLIENT UNBLOCK: no command blocks, so nobody is unblocked.
    private mutating func unblock(_ input: Bytes) throws(RESPError) {
        if arguments.count > 4 { throw .wrongSubcommandArity(.clientUnblock) }
        if arguments.count == 4 {
            let reason = arguments.argument(3, in: input)
            if !reason.equalsIgnoringCase("timeout") && !reason.equalsIgnoringCase("error") {
                throw .unblockReason
            }
        }
        _ = try arguments.integer(2, in: input)
        emitInteger(0)
    }

    // MARK: All shards

    private mutating func clientsEverywhere(
        _ place: Int32, _ input: Bytes, _ sub: SubcommandID
    ) -> Step {
        do throws(RESPError) {
            if sub == .clientList {
                _ = try ClientSelection.parseList(arguments, in: input)
                return askAll(place, .clientList, .text, input)
            }
            if arguments.count == 3 { return askAll(place, .clientKill, .killed, input) }
            _ = try ClientFilter.parseKill(arguments, in: input)
            return askAll(place, .clientKill, .sum, input)
        } catch {
            emitError(error)
            return .done
        }
    }

    /// This shard's part of CLIENT LIST: its clients' lines.
    private mutating func listClients(_ input: Bytes, into large: Int32) {
        let selection: ClientSelection
        do throws(RESPError) {
            selection = try ClientSelection.parseList(arguments, in: input)
        } catch {
            ensureFailed("CLIENT LIST was checked before", #fileID, #line)
        }
        var lines: [UInt8] = []
        for place in 0..<connections.count {
            let connection = connections[place]
            guard connection.flags.contains(.open), !connection.flags.contains(.dead),
                selection.contains(connection)
            else { continue }
            describe(Int32(place), into: &lines)
            if lines.count > 32 << 10 {
                // Without memory for more the list ends here: it is cut, not wrong.
                if !lines.withBytes({ appendLarge(large, $0) }) { return }
                lines.removeAll(keepingCapacity: true)
            }
        }
        _ = lines.withBytes { appendLarge(large, $0) }
    }

    /// This shard's part of CLIENT KILL: how many it ended.
    private mutating func killClients(_ input: Bytes) -> Int {
        var filter = ClientFilter()
        if arguments.count == 3 {
            filter.address = arguments.argument(2, in: input)
            filter.skipsCaller = false
        } else {
            do throws(RESPError) {
                filter = try ClientFilter.parseKill(arguments, in: input)
            } catch {
                ensureFailed("CLIENT KILL was checked before", #fileID, #line)
            }
        }
        var killed = 0
        for place in 0..<connections.count where matches(Int32(place), filter) {
            killed += 1
            if connections[place].id == context.clientID {
                // The caller hears of it first.
                closeWhenAnswered(Int32(place), .killed)
            } else {
                abort(Int32(place), .killed)
            }
        }
        return killed
    }

    private func matches(_ place: Int32, _ filter: ClientFilter) -> Bool {
        let connection = connections[Int(place)]
        guard connection.flags.contains(.open), !connection.flags.contains(.dead) else {
            return false
        }
        if filter.skipsCaller, connection.id == context.clientID { return false }
        if let id = filter.id, id != connection.id { return false }
        if let kind = filter.kind, kind != connection.kind { return false }
        if filter.address == nil, filter.localAddress == nil { return true }
        if let wanted = filter.address {
            let isSame = addressText(place, isOwn: false).withBytes { $0 == wanted }
            if !isSame { return false }
        }
        if let wanted = filter.localAddress {
            let isSame = addressText(place, isOwn: true).withBytes { $0 == wanted }
            if !isSame { return false }
        }
        return true
    }

    // MARK: Parts of commands that all shards take part in

    /// A part whose answers add up; `nil`: it has to wait.
    mutating func controlCount(_ control: Control, _ input: Bytes) -> Int? {
        switch control {
        case .clientKill: return killClients(input)
        case .settings:
            readSettings()
            return 0
        case .resetStats:
            resetStatistics()
            return 0
        case .gauges:
            publishGauges()
            // The client's own shard adds what it wants to see: the sum carries it to the end.
            return context.connection >= 0 ? wantedSections(input).rawValue : 0
        default: return followersCount(control, input)
        }
    }

    /// A part whose answers are elements or lines; how many elements were written.
    mutating func controlList(_ control: Control, _ input: Bytes, into large: Int32) -> Int {
        if control != .clientList { return followersList(control, input, into: large) }
        listClients(input, into: large)
        return 0
    }
}

/// Which clients CLIENT LIST shows.
struct ClientSelection {
    var kind: ClientFilter.Kind?
    var ids: Set<UInt64>?

    /// Parses `CLIENT LIST [TYPE type | ID id ...]`.
    static func parseList(
        _ arguments: borrowing ArgumentTable, in input: Bytes
    ) throws(RESPError) -> ClientSelection {
        var selection = ClientSelection()
        if arguments.count == 2 { return selection }
        guard arguments.count > 3 else { throw .syntax }
        let word = arguments.argument(2, in: input)
        if word.equalsIgnoringCase("type"), arguments.count == 4 {
            guard let kind = ClientFilter.parseKind(arguments.argument(3, in: input)) else {
                throw .unknownClientType(argument: 3)
            }
            selection.kind = kind
        } else if word.equalsIgnoringCase("id") {
            var ids: Set<UInt64> = []
            for position in 3..<arguments.count {
                guard let id = Decimal.parse(arguments.argument(position, in: input)) else {
                    throw .invalidClientID
                }
                // Nobody has a number below one, and asking for it is no error (as Redis).
                if id > 0 { ids.insert(UInt64(id)) }
            }
            selection.ids = ids
        } else {
            throw .syntax
        }
        return selection
    }

    func contains(_ connection: Connection) -> Bool {
        if let kind, kind != connection.kind { return false }
        return ids?.contains(connection.id) ?? true
    }
}

extension Connection {
    /// As CLIENT LIST and KILL sort clients: there are no replicas.
    var kind: ClientFilter.Kind { flags.contains(.subscribed) ? .pubsub : .normal }
}
