import Cairn

/// Spells key numbers: `key:` and the number in decimal, zero-padded to the key size. Keys shorter
/// than eight bytes are digits alone.
package struct KeyNamer: BitwiseCopyable {
    package static let sizeMax = 1024

    /// Bytes of every key.
    package let size: Int
    private let prefixCount: Int

    package init(size: Int) {
        self.size = size
        prefixCount = size >= 8 ? 4 : 0
    }

    /// The smallest key size that tells `keys` keys apart.
    package static func sizeMin(keys: Int) -> Int {
        let digits = String(max(keys - 1, 0)).count
        return digits + (digits + 4 >= 8 ? 4 : 0)
    }

    /// Puts the digits of `key` into the name of key 0.
    @inline(__always)
    package func patch(_ key: UInt64, into out: MutableByteView) {
        var rest = key
        var at = size
        while rest > 0 {
            at -= 1
            let quotient = rest / 10
            out[at] = UInt8(truncatingIfNeeded: 48 &+ (rest &- quotient &* 10))
            rest = quotient
        }
    }

    /// The name as text, for messages.
    package func name(_ key: UInt64) -> String {
        let digits = String(key)
        let prefix = prefixCount > 0 ? "key:" : ""
        return prefix + String(repeating: "0", count: max(0, size - prefixCount - digits.count))
            + digits
    }
}
