@testable import Cairn

/// Owned bytes for tests, seen as a `Bytes` view while a body runs.
func withBytes<Result>(_ array: [UInt8], _ body: (Bytes) -> Result) -> Result {
    let owner = FixedArray<UInt8>(repeating: 0, count: max(1, array.count))
    for (index, byte) in array.enumerated() { owner.bytes[index] = byte }
    return body(owner.bytes.slice(0, array.count).bytes)
}

/// A level with a hasher, and the calls tests need, in terms of arrays.
struct TestCache: ~Copyable {
    var l1: L1
    let hasher = KeyHasher(seed: 7)
    var nowMs: UInt64 = 1_000_000

    init(_ options: L1.Options) {
        do {
            l1 = try L1(options)
        } catch {
            fatalError("\(error)")
        }
    }

    /// A cache of `mebibytes`, otherwise with defaults.
    init(mebibytes: Int, policy: EvictionPolicyKind = .lru) {
        var options = L1.Options(memoryBytes: mebibytes << 20)
        options.policy = policy
        self.init(options)
    }

    mutating func find(_ key: [UInt8]) -> EntryID? {
        let hasher = hasher
        let nowMs = nowMs
        return withBytes(key) { l1.find($0, hash: hasher.hash($0), nowMs: nowMs) }
    }

    mutating func reserve(
        _ key: [UInt8], length: Int, type: EntryType = .block, priority: Int = 5
    ) -> L1.Reservation {
        let hasher = hasher
        let nowMs = nowMs
        return withBytes(key) {
            l1.reserve(
                $0, hash: hasher.hash($0), valueLength: length, type: type, priority: priority,
                nowMs: nowMs)
        }
    }

    mutating func reserveGrowing(_ key: [UInt8], length: Int) -> L1.Reservation {
        let hasher = hasher
        let nowMs = nowMs
        return withBytes(key) {
            l1.reserveGrowing($0, hash: hasher.hash($0), valueLength: length, nowMs: nowMs)
        }
    }

    /// Writes the bytes that follow from `seed` up to `end`, growing the value as they come, with
    /// `maintain` between tries. False: blocked or refused on the way.
    mutating func growAndFill(
        _ id: EntryID, from start: Int = 0, to end: Int, seed: UInt64
    ) -> Bool {
        var offset = start
        var tries = 0
        while offset < end {
            switch l1.grow(id, to: offset) {
            case .entry:
                let piece = l1.segment(of: id, at: offset)
                let count = min(piece.count, end - offset)
                writePattern(piece.slice(0, count), seed: seed, offset: offset)
                offset += count
            case .busy:
                tries += 1
                if tries > 4096 { return false }
                l1.maintain(nowMs: nowMs)
            case .blocked, .refused: return false
            }
        }
        return true
    }

    /// Reserves, calling `maintain` between tries as the shard does; nil after 4,096 tries.
    mutating func reservePatiently(
        _ key: [UInt8], length: Int, type: EntryType = .block, priority: Int = 5
    ) -> EntryID? {
        for _ in 0..<4096 {
            switch reserve(key, length: length, type: type, priority: priority) {
            case .entry(let id): return id
            case .busy: l1.maintain(nowMs: nowMs)
            case .blocked, .refused: return nil
            }
        }
        return nil
    }

    /// Stores a value whose bytes follow from `seed`. False: refused.
    @discardableResult
    mutating func put(
        _ key: [UInt8], length: Int, seed: UInt64, expiry: UInt64 = 0, type: EntryType = .block,
        priority: Int = 5
    ) -> Bool {
        guard let id = reservePatiently(key, length: length, type: type, priority: priority)
        else { return false }
        fill(id, seed: seed)
        if expiry != 0 { l1.setExpiry(id, expiry) }
        l1.setVersion(id, seed)
        l1.commit(id, nowMs: nowMs)
        return true
    }

    /// Writes the bytes that follow from `seed` over the whole value.
    func fill(_ id: EntryID, seed: UInt64) {
        let length = l1.valueLength(of: id)
        var offset = 0
        while offset < length {
            let piece = l1.segment(of: id, at: offset)
            ensure(piece.count > 0, "an empty piece")
            writePattern(piece, seed: seed, offset: offset)
            offset += piece.count
        }
    }

    /// Whether the value is the one that follows from `seed`.
    func holds(_ id: EntryID, length: Int, seed: UInt64) -> Bool {
        guard l1.valueLength(of: id) == length else { return false }
        var offset = 0
        while offset < length {
            let piece = l1.segment(of: id, at: offset)
            if !matchesPattern(piece.bytes, seed: seed, offset: offset) { return false }
            offset += piece.count
        }
        return true
    }
}

/// The byte of a test value at `offset`.
@inline(__always)
private func patternWord(_ seed: UInt64, _ word: Int) -> UInt64 {
    var z = seed &+ UInt64(word) &* 0x9E37_79B9_7F4A_7C15
    z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
    return z ^ (z >> 27)
}

func writePattern(_ piece: MutableBytes, seed: UInt64, offset: Int) {
    var index = 0
    while index < piece.count {
        let at = offset + index
        if at & 7 == 0, index + 8 <= piece.count {
            piece.store(patternWord(seed, at >> 3), at: index)
            index += 8
        } else {
            piece[index] = UInt8(
                truncatingIfNeeded: patternWord(seed, at >> 3) >> UInt64((at & 7) * 8))
            index += 1
        }
    }
}

func matchesPattern(_ piece: Bytes, seed: UInt64, offset: Int) -> Bool {
    var index = 0
    while index < piece.count {
        let at = offset + index
        if at & 7 == 0, index + 8 <= piece.count {
            if piece.load(index, as: UInt64.self) != patternWord(seed, at >> 3) { return false }
            index += 8
        } else {
            let expected = UInt8(
                truncatingIfNeeded: patternWord(seed, at >> 3) >> UInt64((at & 7) * 8))
            if piece[index] != expected { return false }
            index += 1
        }
    }
    return true
}

/// The key of number `n`: `prefix` and 8 bytes.
func testKey(_ n: Int, prefix: String = "key:") -> [UInt8] {
    Array(prefix.utf8) + (0..<8).map { UInt8(truncatingIfNeeded: n >> ($0 * 8)) }
}
