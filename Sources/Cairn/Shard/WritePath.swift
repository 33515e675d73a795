/// What SET's options ask for.
struct WriteOptions: BitwiseCopyable {
    enum Expiry: BitwiseCopyable {
        /// None, or the level's own time to live.
        case ordinary
        /// That of the entry that is overwritten.
        case keep
        /// Unix milliseconds.
        case at(UInt64)
    }
    var condition = StringOptions.Condition.always
    var expiry = Expiry.ordinary
}

/// The life of a write: from bytes in a receive buffer to an entry everybody sees.
///
/// 1. Conditions (NX, XX) look at the present entry.
/// 2. In place: an unpinned entry of the same shape takes the new bytes where the old ones lie.
/// 3. Else `reserve`: memory from the slab, evicting by a bounded amount; `busy` makes the
///    connection wait a turn, `refused` is answered with -OOM. Nothing of the old value is touched.
/// 4. The bytes are copied (large ones were received there in the first place: `Shard+Stream`).
/// 5. `commit`: one index update makes the new value visible and detaches the old one, which lives
///    on while a send still reads it.
/// 6. Followers of the key are told.
extension Shard where Engine: ~Copyable {
    /// What became of a store.
    enum Stored {
        case stored
        case conditionFailed
        case busy
        case refused
    }

    /// The version of the next change.
    @inline(__always)
    mutating func takeVersion() -> UInt64 {
        nextVersion &+= 1
        return nextVersion
    }

    /// Stores `value` under SET's options (GET apart: `setCommand` reads the old value).
    @inline(__always)
    mutating func store(
        _ key: Bytes, hash: UInt64, value: Bytes, _ options: WriteOptions,
        type: EntryType = .block, priority: Int = 5, guess: EntryID = .none
    ) -> Stored {
        let present = l1.find(key, hash: hash, nowMs: nowMs, guess: guess)
        if options.condition != .always, (present != nil) != (options.condition == .ifPresent) {
            return .conditionFailed
        }
        turnCounts.set &+= 1
        let expiry = expiryMs(options.expiry, present: present)
        if let present, l1.type(of: present) == type, l1.priority(of: present) == priority,
            l1.resize(present, valueLength: value.count)
        {
            overwrite(present, value)
            finishWrite(present, key, hash, expiry: expiry)
            l1.touch(present, nowMs: nowMs)
            return .stored
        }
        switch reserveMemory(
            key, hash: hash, valueLength: value.count, type: type, priority: priority)
        {
        case .entry(let entry):
            overwrite(entry, value)
            publish(entry, key, hash, expiry: expiry)
            return .stored
        case .busy, .blocked: return .busy
        case .refused: return .refused
        }
    }

    /// Makes a filled reservation the key's value.
    mutating func publish(_ entry: EntryID, _ key: Bytes, _ hash: UInt64, expiry: UInt64) {
        let version = takeVersion()
        l1.setVersion(entry, version)
        l1.setExpiry(entry, expiry)
        l1.commit(entry, nowMs: nowMs)
        if _slowPath(remembersPublished) {
            publishedVersions[Int(truncatingIfNeeded: hash & 4095)] = version
        }
        if _slowPath(isFollowed(key, hash)) { noteChange(key, hash: hash) }
    }

    /// An entry was changed where it lies.
    @inline(__always)
    mutating func finishWrite(_ entry: EntryID, _ key: Bytes, _ hash: UInt64, expiry: UInt64) {
        l1.setVersion(entry, takeVersion())
        l1.setExpiry(entry, expiry)
        if _slowPath(isFollowed(key, hash)) { noteChange(key, hash: hash) }
    }

    /// Copies `value` into an entry's memory.
    @inline(__always)
    mutating func overwrite(_ entry: EntryID, _ value: Bytes, at start: Int = 0) {
        if value.isEmpty { return }
        let first = l1.segment(of: entry, at: start)
        if _fastPath(first.count >= value.count) {
            first.copy(value)
            return
        }
        var done = 0
        while done < value.count {
            let piece = l1.segment(of: entry, at: start + done)
            let count = min(piece.count, value.count - done)
            piece.copy(value.slice(done, count))
            done += count
        }
    }

    /// The Unix milliseconds at which a written entry expires; 0: never.
    @inline(__always)
    func expiryMs(_ expiry: WriteOptions.Expiry, present: EntryID?) -> UInt64 {
        switch expiry {
        case .ordinary: live.ttlMs > 0 ? nowMs &+ UInt64(live.ttlMs) : 0
        case .keep: present.map { l1.expiry(of: $0) } ?? 0
        case .at(let unixMs): unixMs
        }
    }

    /// Removes the entry of `key`; whether there was one.
    mutating func removeKey(_ key: Bytes, hash: UInt64) -> Bool {
        guard let entry = l1.find(key, hash: hash, nowMs: nowMs) else { return false }
        removeEntry(entry, key, hash)
        return true
    }

    mutating func removeEntry(_ entry: EntryID, _ key: Bytes, _ hash: UInt64) {
        let followed = isFollowed(key, hash)
        l1.remove(entry, .deleted)
        if followed { noteChange(key, hash: hash) }
    }

    // MARK: SETRANGE and APPEND

    /// Writes `value` at `offset`, extending with zeros; the new length, or why not.
    mutating func storeRange(
        _ key: Bytes, hash: UInt64, offset: Int, value: Bytes, appends: Bool = false
    ) -> Result<Int, StoreFailure> {
        let present = l1.find(key, hash: hash, nowMs: nowMs)
        let before = present.map { l1.valueLength(of: $0) } ?? 0
        let start = appends ? before : offset
        // APPEND of nothing still makes the key; SETRANGE of nothing does not (as Redis).
        if value.isEmpty, !appends { return .success(before) }
        if value.isEmpty, let present {
            // It counts as a change all the same: WATCH and followers see it (as Redis).
            finishWrite(present, key, hash, expiry: l1.expiry(of: present))
            return .success(before)
        }
        let length = max(before, start + value.count)
        if length > group.settings.maxValueSize { return .failure(.tooLong) }
        turnCounts.set &+= 1
        if let present, l1.resize(present, valueLength: length) {
            zero(present, from: before, to: start)
            overwrite(present, value, at: start)
            finishWrite(present, key, hash, expiry: l1.expiry(of: present))
            l1.touch(present, nowMs: nowMs)
            return .success(length)
        }
        return storeExtended(
            key, hash, before: before, start: start, length: length, value)
    }

    enum StoreFailure: Error { case busy, refused, tooLong }

    /// As `storeRange` with a copy: the present entry is pinned or has no room.
    private mutating func storeExtended(
        _ key: Bytes, _ hash: UInt64, before: Int, start: Int, length: Int, _ value: Bytes
    ) -> Result<Int, StoreFailure> {
        let present = l1.find(key, hash: hash, nowMs: nowMs)
        // The old value is pinned while the new one takes its bytes: `reserve` may evict.
        if let present, !l1.pin(present) { return .failure(.busy) }
        defer { if let present { l1.unpin(present) } }
        let type = present.map { l1.type(of: $0) } ?? .block
        let priority = present.map { l1.priority(of: $0) } ?? 5
        switch reserveMemory(
            key, hash: hash, valueLength: length, type: type, priority: priority)
        {
        case .entry(let entry):
            let expiry = present.map { l1.expiry(of: $0) } ?? expiryMs(.ordinary, present: nil)
            if let present { copyValue(from: present, to: entry, count: min(before, length)) }
            zero(entry, from: before, to: start)
            overwrite(entry, value, at: start)
            publish(entry, key, hash, expiry: expiry)
            return .success(length)
        case .busy, .blocked: return .failure(.busy)
        case .refused: return .failure(.refused)
        }
    }

    mutating func copyValue(from source: EntryID, to target: EntryID, count: Int) {
        var done = 0
        while done < count {
            let from = l1.segment(of: source, at: done)
            let to = l1.segment(of: target, at: done)
            let part = min(from.count, to.count, count - done)
            to.copy(from.bytes.slice(0, part))
            done += part
        }
    }

    private mutating func zero(_ entry: EntryID, from start: Int, to end: Int) {
        var position = start
        while position < end {
            let piece = l1.segment(of: entry, at: position)
            let count = min(piece.count, end - position)
            piece.slice(0, count).fill(0)
            position += count
        }
    }
}
