/// Redis's glob patterns: `*`, `?`, `[a-z]`, `[^a]`, `\` escapes.
///
/// Gives what `stringmatchlen` gives, quirks included: ranges compare signed bytes, an unclosed
/// bracket ends with the pattern, and an empty string matches only an empty pattern (so callers
/// treat a lone `*` as "everything" first, as Redis does). Redis recurses at each `*` and, since
/// 7.0.9, gives up on the earlier ones once the last has failed everywhere; this loop keeps only
/// the last `*`, which is the same decision without recursion: at most
/// `pattern.count * string.count` steps, whatever the pattern.
package enum Glob {
    /// Whether all of `string` matches `pattern`.
    package static func matches(
        _ pattern: Bytes, _ string: Bytes, ignoringCase: Bool = false
    ) -> Bool {
        if string.isEmpty { return pattern.isEmpty }
        var patternAt = 0
        var stringAt = 0
        // Where to go on when what follows the last `*` fails: just behind it, one byte later.
        var starAt = -1
        var retryAt = 0
        while stringAt < string.count {
            if patternAt < pattern.count {
                if pattern[patternAt] == UInt8(ascii: "*") {
                    while patternAt < pattern.count && pattern[patternAt] == UInt8(ascii: "*") {
                        patternAt &+= 1
                    }
                    if patternAt == pattern.count { return true }
                    starAt = patternAt
                    retryAt = stringAt
                    continue
                }
                if step(pattern, &patternAt, string[stringAt], ignoringCase) {
                    stringAt &+= 1
                    continue
                }
            }
            if starAt < 0 { return false }
            retryAt &+= 1
            stringAt = retryAt
            patternAt = starAt
        }
        while patternAt < pattern.count && pattern[patternAt] == UInt8(ascii: "*") {
            patternAt &+= 1
        }
        return patternAt == pattern.count
    }

    /// Whether the one-byte element at `at` matches `byte`; moves `at` behind the element.
    @inline(__always)
    private static func step(
        _ pattern: Bytes, _ at: inout Int, _ byte: UInt8, _ ignoringCase: Bool
    ) -> Bool {
        var element = pattern[at]
        switch element {
        case UInt8(ascii: "?"):
            at &+= 1
            return true
        case UInt8(ascii: "["):
            return bracket(pattern, &at, byte, ignoringCase)
        case UInt8(ascii: "\\") where at &+ 1 < pattern.count:
            at &+= 1
            element = pattern[at]
        default: break
        }
        at &+= 1
        return ignoringCase ? lowercase(element) == lowercase(byte) : element == byte
    }

    /// A bracket expression; `at` is on its `[`.
    private static func bracket(
        _ pattern: Bytes, _ at: inout Int, _ byte: UInt8, _ ignoringCase: Bool
    ) -> Bool {
        let end = pattern.count
        at &+= 1
        let isNegated = at < end && pattern[at] == UInt8(ascii: "^")
        if isNegated { at &+= 1 }
        var isMatch = false
        while at < end {
            let element = pattern[at]
            if element == UInt8(ascii: "\\") && end &- at >= 2 {
                at &+= 1
                // Compared with its case, whatever the mode (as in Redis).
                if pattern[at] == byte { isMatch = true }
            } else if element == UInt8(ascii: "]") {
                at &+= 1
                break
            } else if end &- at >= 3 && pattern[at &+ 1] == UInt8(ascii: "-") {
                if isInRange(byte, element, pattern[at &+ 2], ignoringCase) { isMatch = true }
                at &+= 2
            } else if ignoringCase {
                if lowercase(element) == lowercase(byte) { isMatch = true }
            } else if element == byte {
                isMatch = true
            }
            at &+= 1
        }
        return isMatch != isNegated
    }

    /// Whether `byte` lies between two bytes, in either order. Orders them first and lowers the
    /// case after, as Redis does, with C's signed bytes.
    private static func isInRange(
        _ byte: UInt8, _ from: UInt8, _ to: UInt8, _ ignoringCase: Bool
    ) -> Bool {
        var low = Int8(bitPattern: from)
        var high = Int8(bitPattern: to)
        var value = Int8(bitPattern: byte)
        if low > high { swap(&low, &high) }
        if ignoringCase {
            low = Int8(bitPattern: lowercase(UInt8(bitPattern: low)))
            high = Int8(bitPattern: lowercase(UInt8(bitPattern: high)))
            value = Int8(bitPattern: lowercase(byte))
        }
        return value >= low && value <= high
    }

    @inline(__always)
    private static func lowercase(_ byte: UInt8) -> UInt8 {
        byte >= UInt8(ascii: "A") && byte <= UInt8(ascii: "Z") ? byte | 0x20 : byte
    }
}
