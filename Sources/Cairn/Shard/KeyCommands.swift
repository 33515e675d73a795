/// Commands on one key, executed on the shard that owns it, for a client here or elsewhere.
extension Shard where Engine: ~Copyable {
    /// Executes `id` on the key in argument 1. `.wait`: memory is being freed; nothing has
    /// happened.
    mutating func executeOnKey(_ id: CommandID, _ input: Bytes, hash: UInt64) -> Step {
        let key = arguments.count > 1 ? arguments.argument(1, in: input) : .empty
        switch id {
        case .get:
            readValue(key, hash: hash)
            return .done
        case .set:
            return setCommand(key, hash, input)
        case .scan:
            scanCommand(input)
            return .done
        case .randomkey:
            randomKeyHere()
            return .done
        case .watch:
            // For another shard's WATCH or EXEC: the version as it is, eight bytes.
            scratch.bytes.store(versionOf(key, hash), at: 0)
            scratchCount = 8
            return .done
        case .del, .unlink, .exists, .touch, .cairnInvalidate, .cairnPrefetch:
            let hit = applyToKey(id, key, hash: hash)
            emitBoolean(hit)
            return .done
        default:
            do throws(RESPError) {
                return try executeOther(id, key, hash, input)
            } catch {
                emitError(error)
                return .done
            }
        }
    }

    private mutating func executeOther(
        _ id: CommandID, _ key: Bytes, _ hash: UInt64, _ input: Bytes
    ) throws(RESPError) -> Step {
        switch id {
        case .getrange, .substr:
            let start = try arguments.integer(2, in: input)
            let end = try arguments.integer(3, in: input)
            readRange(key, hash: hash, start: Int(start), end: Int(end))
        case .strlen:
            emitInteger(lookup(key, hash: hash).map { l1.valueLength(of: $0) } ?? 0)
        case .setnx, .setex, .psetex, .getset, .cairnPut:
            return try setVariant(id, key, hash, input)
        case .getdel, .getex:
            try readAndChange(id, key, hash, input)
        case .append, .setrange:
            return try rangeWrite(id, key, hash, input)
        case .incr, .decr, .incrby, .decrby:
            return try increment(id, key, hash, input)
        case .incrbyfloat:
            return try incrementFloat(key, hash, input)
        case .expire, .pexpire, .expireat, .pexpireat:
            try expire(id, key, hash, input)
        case .ttl, .pttl, .expiretime, .pexpiretime:
            timeLeft(id, key, hash)
        case .persist:
            persist(key, hash)
        case .type:
            emit(l1.find(key, hash: hash, nowMs: nowMs) == nil ? "+none\r\n" : "+string\r\n")
        case .cairnGet:
            let range = try ByteRangeOption.parse(arguments, in: input)
            readVersioned(
                key, hash: hash, offset: range?.offset ?? 0, length: range?.length ?? 0)
        case .cairnStat:
            describe(key, hash)
        case .object, .memory:
            try inspect(id, hash, input)
        case .cairnLstat, .cairnList, .cairnXattr:
            emitNoTree()
        default:
            ensureFailed("a command without an executor", #fileID, #line)
        }
        return .done
    }

    /// DEL, UNLINK, EXISTS, TOUCH and their kin on one key: whether it was there.
    mutating func applyToKey(_ id: CommandID, _ key: Bytes, hash: UInt64) -> Bool {
        switch id {
        case .del, .unlink, .cairnInvalidate:
            return removeKey(key, hash: hash)
        case .exists:
            return l1.find(key, hash: hash, nowMs: nowMs) != nil
        default:
            // TOUCH; CAIRN.PREFETCH of what is in RAM already: a use, nothing to fetch.
            guard let entry = l1.find(key, hash: hash, nowMs: nowMs) else { return false }
            l1.touch(entry, nowMs: nowMs)
            return true
        }
    }

    // MARK: SET and its variants

    private mutating func setCommand(_ key: Bytes, _ hash: UInt64, _ input: Bytes) -> Step {
        let value = arguments.argument(2, in: input)
        if _fastPath(arguments.count == 3) {
            return answer(store(key, hash: hash, value: value, WriteOptions()))
        }
        do throws(RESPError) {
            let parsed = try StringOptions.parseSet(arguments, in: input)
            let options = try writeOptions(parsed, input, for: .set)
            if parsed.returnsOld { return setReturningOld(key, hash, value, options) }
            return answer(store(key, hash: hash, value: value, options))
        } catch {
            emitError(error)
            return .done
        }
    }

    /// Resolves SET's expiry to a moment.
    func writeOptions(
        _ parsed: StringOptions, _ input: Bytes, for id: CommandID
    ) throws(RESPError) -> WriteOptions {
        var options = WriteOptions(condition: parsed.condition)
        if parsed.keepsExpiry { options.expiry = .keep }
        if let expiry = parsed.expiry {
            options.expiry = .at(
                try expiry.resolve(arguments, in: input, nowMs: nowMs, for: id))
        }
        return options
    }

    @inline(__always)
    private mutating func answer(_ outcome: Stored) -> Step {
        switch outcome {
        case .stored: emitOK()
        case .conditionFailed: emitNull()
        case .busy: return .wait
        case .refused: emitError(.outOfMemory)
        }
        return .done
    }

    /// SET with GET: the old value, or null, whether or not the new one was stored. The pin keeps
    /// the old bytes in place until they are in the reply.
    private mutating func setReturningOld(
        _ key: Bytes, _ hash: UInt64, _ value: Bytes, _ options: WriteOptions
    ) -> Step {
        let old = lookup(key, hash: hash)
        if let old, !l1.pin(old) { return .wait }
        defer { if let old { l1.unpin(old) } }
        switch store(key, hash: hash, value: value, options) {
        case .busy: return .wait
        case .refused: emitError(.outOfMemory)
        case .stored, .conditionFailed:
            if let old {
                emitValue(old, offset: 0, length: l1.valueLength(of: old))
            } else {
                emitNull()
            }
        }
        return .done
    }

    private mutating func setVariant(
        _ id: CommandID, _ key: Bytes, _ hash: UInt64, _ input: Bytes
    ) throws(RESPError) -> Step {
        switch id {
        case .setnx:
            let value = arguments.argument(2, in: input)
            switch store(
                key, hash: hash, value: value, WriteOptions(condition: .ifAbsent))
            {
            case .stored: emitBoolean(true)
            case .conditionFailed: emitBoolean(false)
            case .busy: return .wait
            case .refused: emitError(.outOfMemory)
            }
            return .done
        case .setex, .psetex:
            let unit = id == .setex ? ExpiryRequest.Unit.seconds : .milliseconds
            let moment = try ExpiryRequest(unit, argument: 2)
                .resolve(arguments, in: input, nowMs: nowMs, for: id)
            return answer(
                store(
                    key, hash: hash, value: arguments.argument(3, in: input),
                    WriteOptions(expiry: .at(moment))))
        case .getset:
            return setReturningOld(
                key, hash, arguments.argument(2, in: input), WriteOptions())
        default:
            let put = try PutOptions.parse(arguments, in: input, nowMs: nowMs)
            let options = WriteOptions(expiry: put.expiresAtMs.map { .at($0) } ?? .ordinary)
            return answer(
                store(
                    key, hash: hash, value: arguments.argument(2, in: input), options,
                    type: put.entryType, priority: Int(put.priority)))
        }
    }

    private mutating func readAndChange(
        _ id: CommandID, _ key: Bytes, _ hash: UInt64, _ input: Bytes
    ) throws(RESPError) {
        let options = id == .getex ? try StringOptions.parseGetex(arguments, in: input) : nil
        guard let entry = lookup(key, hash: hash) else {
            emitNull()
            return
        }
        var moment: UInt64?
        if let expiry = options?.expiry {
            moment = try expiry.resolve(arguments, in: input, nowMs: nowMs, for: id)
        } else if options?.persists == true {
            moment = 0
        }
        turnCounts.get &+= 1
        emitValue(entry, offset: 0, length: l1.valueLength(of: entry))
        if id == .getdel {
            removeEntry(entry, key, hash)
        } else if let moment {
            if moment != 0, moment <= nowMs {
                removeEntry(entry, key, hash)
            } else if moment != l1.expiry(of: entry) {
                finishWrite(entry, key, hash, expiry: moment)
            }
        }
    }

    private mutating func rangeWrite(
        _ id: CommandID, _ key: Bytes, _ hash: UInt64, _ input: Bytes
    ) throws(RESPError) -> Step {
        var offset = 0
        let value = arguments.argument(id == .append ? 2 : 3, in: input)
        if id == .setrange {
            let wanted = try arguments.integer(2, in: input)
            if wanted < 0 { throw .offsetOutOfRange }
            if !value.isEmpty, wanted > Int64(group.settings.maxValueSize) - Int64(value.count) {
                throw .stringTooLong
            }
            offset = Int(wanted)
        }
        switch storeRange(key, hash: hash, offset: offset, value: value, appends: id == .append) {
        case .success(let length): emitInteger(length)
        case .failure(.busy): return .wait
        case .failure(.refused): throw .outOfMemory
        case .failure(.tooLong): throw .stringTooLong
        }
        return .done
    }

    // MARK: Numbers

    private mutating func increment(
        _ id: CommandID, _ key: Bytes, _ hash: UInt64, _ input: Bytes
    ) throws(RESPError) -> Step {
        var delta: Int64 = 1
        if id == .incrby || id == .decrby { delta = try arguments.integer(2, in: input) }
        if id == .decr || id == .decrby {
            if delta == Int64.min { throw .decrementOverflow }
            delta = -delta
        }
        var value: Int64 = 0
        if let entry = l1.find(key, hash: hash, nowMs: nowMs) {
            let length = l1.valueLength(of: entry)
            guard length <= 20, length > 0,
                let parsed = Decimal.parse(l1.segment(of: entry, at: 0).bytes.slice(0, length))
            else { throw .notAnInteger }
            value = parsed
        }
        let (sum, overflow) = value.addingReportingOverflow(delta)
        if overflow { throw .incrementOverflow }
        let text = scratchTail(32)
        guard let end = Decimal.write(sum, into: text, at: 0) else { throw .notAnInteger }
        switch store(
            key, hash: hash, value: text.bytes.slice(0, end), WriteOptions(expiry: .keep))
        {
        case .stored: emitInteger(Int(sum))
        case .busy: return .wait
        case .refused, .conditionFailed: throw .outOfMemory
        }
        return .done
    }

    private mutating func incrementFloat(
        _ key: Bytes, _ hash: UInt64, _ input: Bytes
    ) throws(RESPError) -> Step {
        let delta = try arguments.longDouble(2, in: input)
        var value: Float80 = 0
        if let entry = l1.find(key, hash: hash, nowMs: nowMs) {
            guard let parsed = longDouble(in: entry) else { throw .notAFloat }
            value = parsed
        }
        let sum = value + delta
        if sum.isNaN || sum.isInfinite { throw .notFinite }
        let length = LongDouble.length(sum)
        let text = scratchTail(length)
        guard LongDouble.write(sum, into: text, at: 0) != nil else { throw .notFinite }
        let bytes = text.bytes.slice(0, length)
        switch store(key, hash: hash, value: bytes, WriteOptions(expiry: .keep)) {
        case .stored: emitBulk(bytes)
        case .busy: return .wait
        case .refused, .conditionFailed: throw .outOfMemory
        }
        return .done
    }

    /// The number a value spells: 1e400 has 401 digits, and a text of several pieces is put
    /// together first.
    private mutating func longDouble(in entry: EntryID) -> Float80? {
        let length = l1.valueLength(of: entry)
        guard length > 0, length < LongDouble.textBytesMax else { return nil }
        let head = l1.segment(of: entry, at: 0)
        if head.count >= length { return LongDouble.parse(head.bytes.slice(0, length)) }
        let text = scratchTail(length)
        var done = 0
        while done < length {
            let piece = l1.segment(of: entry, at: done)
            let count = min(piece.count, length - done)
            text.slice(done, count).copy(piece.bytes.slice(0, count))
            done += count
        }
        return LongDouble.parse(text.bytes)
    }

    /// Working memory for a number's text: it lies far behind where replies are written.
    private mutating func scratchTail(_ bytes: Int) -> MutableBytes {
        if scratchCount + 2 * bytes + 64 > Self.scratchBytes { spill() }
        return scratch.bytes.slice(Self.scratchBytes - bytes, bytes)
    }

    // MARK: Expiry

    private mutating func expire(
        _ id: CommandID, _ key: Bytes, _ hash: UInt64, _ input: Bytes
    ) throws(RESPError) {
        let options = try ExpireOptions.parse(arguments, in: input, nowMs: nowMs, for: id)
        guard let entry = l1.find(key, hash: hash, nowMs: nowMs) else {
            emitBoolean(false)
            return
        }
        let present = l1.expiry(of: entry)
        let wanted = options.expiresAtMs
        let flags = options.flags
        // Without an expiry a key lives for ever: later than any time (GT fails, LT succeeds).
        let presentOrNever = present == 0 ? Int64.max : Int64(present)
        if flags.contains(.nx) && present != 0 || flags.contains(.xx) && present == 0
            || flags.contains(.gt) && wanted <= presentOrNever
            || flags.contains(.lt) && wanted >= presentOrNever
        {
            emitBoolean(false)
            return
        }
        if wanted <= Int64(nowMs) {
            removeEntry(entry, key, hash)
        } else {
            finishWrite(entry, key, hash, expiry: UInt64(wanted))
        }
        emitBoolean(true)
    }

    private mutating func timeLeft(_ id: CommandID, _ key: Bytes, _ hash: UInt64) {
        guard let entry = l1.find(key, hash: hash, nowMs: nowMs) else {
            emit(Reply.minusTwo)
            return
        }
        let expiry = l1.expiry(of: entry)
        if expiry == 0 {
            emit(Reply.minusOne)
            return
        }
        switch id {
        case .ttl: emitInteger((Int(expiry) - Int(nowMs) + 500) / 1000)
        case .pttl: emitInteger(Int(expiry) - Int(nowMs))
        case .expiretime: emitInteger((Int(expiry) + 500) / 1000)
        default: emitInteger(Int(expiry))
        }
    }

    private mutating func persist(_ key: Bytes, _ hash: UInt64) {
        guard let entry = l1.find(key, hash: hash, nowMs: nowMs), l1.expiry(of: entry) != 0 else {
            emitBoolean(false)
            return
        }
        finishWrite(entry, key, hash, expiry: 0)
        emitBoolean(true)
    }

    // MARK: CAIRN.STAT

    /// What is known of an entry, as a map; null when there is none.
    private mutating func describe(_ key: Bytes, _ hash: UInt64) {
        guard let entry = l1.find(key, hash: hash, nowMs: nowMs) else {
            emitNull()
            return
        }
        emitMap(11)
        emitText("level")
        emitText("l1")
        emitText("version")
        emitInteger(Int(truncatingIfNeeded: l1.version(of: entry)))
        emitText("dirty")
        emitInteger(0)
        emitText("type")
        emitText(l1.type(of: entry).name)
        emitText("priority")
        emitInteger(l1.priority(of: entry))
        emitText("ttl")
        let expiry = l1.expiry(of: entry)
        emitInteger(expiry == 0 ? -1 : Int(expiry) - Int(nowMs))
        emitText("size")
        emitInteger(l1.valueLength(of: entry))
        emitText("memory")
        emitInteger(l1.memoryBytes(of: entry))
        emitText("frequency")
        emitInteger(l1.frequency(of: entry))
        emitText("idle")
        emitInteger(l1.idleSeconds(of: entry, nowMs: nowMs))
        emitText("shard")
        emitInteger(index)
    }
}

extension EntryType {
    /// As clients spell it.
    var name: StaticString { (ObjectType(rawValue: rawValue) ?? .block).name }
}

extension PutOptions {
    var entryType: EntryType { EntryType(rawValue: type.rawValue) ?? .block }
}
