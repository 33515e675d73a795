/// Comparisons of words from clients, whose case does not count.
extension Bytes {
    /// Whether these bytes are `word`, which is in lower case, in any case (ASCII).
    package func equalsIgnoringCase(_ word: StaticString) -> Bool {
        equalsIgnoringCase(Bytes(word))
    }

    /// Whether these bytes are `word`, which is in lower case, in any case (ASCII).
    package func equalsIgnoringCase(_ word: Bytes) -> Bool {
        guard count == word.count else { return false }
        var index = 0
        while index < count {
            var byte = self[index]
            if byte >= UInt8(ascii: "A") && byte <= UInt8(ascii: "Z") { byte |= 0x20 }
            if byte != word[index] { return false }
            index &+= 1
        }
        return true
    }
}
