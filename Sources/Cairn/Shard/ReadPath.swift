/// The life of a read: from a key to its bytes in the reply.
///
/// 1. `find`: the index's bucket, the entry, the key in the head chunk: three cache lines.
/// 2. Absent or expired: the null reply, with a reason counted.
/// 3. `touch`: the eviction policy learns of the use.
/// 4. `emitValue`: small values are copied behind their header; large ones are pinned and sent from
///    where they lie.
///
/// Later levels (SSD, peers, origins) go between 2 and 3; a miss here then becomes a wait.
extension Shard where Engine: ~Copyable {
    /// GET: the value of `key`, or null.
    @inline(__always)
    mutating func readValue(_ key: Bytes, hash: UInt64, guess: EntryID = .none) {
        guard let entry = lookup(key, hash: hash, guess: guess) else {
            turnCounts.getMissed &+= 1
            emitNull()
            return
        }
        turnCounts.get &+= 1
        emitValue(entry, offset: 0, length: l1.valueLength(of: entry))
    }

    /// The entry of `key` for a read: counted, and told to the policy.
    @inline(__always)
    mutating func lookup(_ key: Bytes, hash: UInt64, guess: EntryID = .none) -> EntryID? {
        let expired = l1.expiredFinds
        guard let entry = l1.find(key, hash: hash, nowMs: nowMs, guess: guess) else {
            stats.add(l1.expiredFinds == expired ? .missesAbsent : .missesExpired)
            return nil
        }
        stats.add(.hitsRAM)
        if _fastPath(!context.noTouch) { l1.touch(entry, nowMs: nowMs) }
        return entry
    }

    /// GETRANGE: the bytes from `start` to `end`, both counted from the end when negative.
    mutating func readRange(_ key: Bytes, hash: UInt64, start: Int, end: Int) {
        guard let entry = lookup(key, hash: hash) else {
            turnCounts.getMissed &+= 1
            emit("$0\r\n\r\n")
            return
        }
        turnCounts.get &+= 1
        let length = l1.valueLength(of: entry)
        var first = start
        var last = end
        if first < 0 && last < 0 && first > last {
            emit("$0\r\n\r\n")
            return
        }
        if first < 0 { first = max(0, length + first) }
        if last < 0 { last = max(0, length + last) }
        last = min(last, length - 1)
        if length == 0 || first > last {
            emit("$0\r\n\r\n")
            return
        }
        emitValue(entry, offset: first, length: last - first + 1)
    }

    /// CAIRN.GET key [offset length]: [version, bytes], or null. A length of 0 is "to the end".
    mutating func readVersioned(_ key: Bytes, hash: UInt64, offset: Int, length: Int) {
        guard let entry = lookup(key, hash: hash) else {
            turnCounts.getMissed &+= 1
            emitNull()
            return
        }
        turnCounts.get &+= 1
        let total = l1.valueLength(of: entry)
        let from = min(offset, total)
        let count = length == 0 ? total - from : min(length, total - from)
        emitArray(2)
        emitInteger(Int(truncatingIfNeeded: l1.version(of: entry)))
        emitValue(entry, offset: from, length: count)
    }
}
