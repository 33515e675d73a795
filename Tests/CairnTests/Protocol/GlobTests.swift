import Testing

@testable import Cairn

@Suite struct GlobTests {
    private func matches(_ pattern: String, _ string: String, ignoringCase: Bool = false) -> Bool {
        let first = TestBytes(pattern)
        let second = TestBytes(string)
        return Glob.matches(first.bytes, second.bytes, ignoringCase: ignoringCase)
    }

    /// redis-server 7.0.15 agreed, asked by `KEYS` with the string as its only key.
    @Test(arguments: [
        ("hello", "hello", true), ("hello", "hell", false), ("hello", "helloo", false),
        ("h?llo", "hallo", true), ("h?llo", "hllo", false), ("h*llo", "heeeello", true),
        ("h*llo", "hllo", true), ("h[ae]llo", "hallo", true), ("h[ae]llo", "hillo", false),
        ("h[^e]llo", "hallo", true), ("h[^e]llo", "hello", false), ("h[a-b]llo", "hbllo", true),
        ("h[b-a]llo", "hallo", true), ("h[a-b]llo", "hcllo", false), ("*", "x", true),
        ("**", "x", true), ("a*", "a", true), ("a**", "a", true), ("*a", "ba", true),
        ("*a*", "bab", true), ("a\\*b", "a*b", true), ("a\\*b", "axb", false),
        ("a\\", "a\\", true), ("[", "[", false), ("[a", "a", true), ("[^", "x", true),
        ("[]", "]", false), ("[]a]", "]a]", false), ("[\\]]", "]", true), ("[a\\-z]", "-", true),
        ("[a-", "a", true), ("[a-", "-", true), ("[a-]", "-", false), ("[a-]", "b", false),
        ("*[0-9]", "key9", true), ("*[0-9]", "key", false), ("a?", "a", false), ("", "", true),
        ("", "a", false), ("*", "", false), ("?", "", false), ("\\", "\\", true),
        ("key:*:end", "key:a:end:end", true), ("*aab", "aaaab", true),
        ("*a*b*c", "xxaxxbxxc", true),
        ("*a*b*c", "xxaxxbxx", false), ("[^a-c]", "d", true), ("[^a-c]", "b", false),
    ])
    func `patterns match as in Redis`(pattern: String, string: String, expected: Bool) {
        #expect(matches(pattern, string) == expected)
    }

    @Test func `case is ignored on request, except behind a backslash in a bracket`() {
        #expect(matches("HeL*", "hello", ignoringCase: true))
        #expect(!matches("HeL*", "hello"))
        #expect(matches("[A-C]", "b", ignoringCase: true))
        #expect(matches("[a-c]", "B", ignoringCase: true))
        #expect(!matches("[\\B]", "b", ignoringCase: true))
        #expect(matches("\\B", "b", ignoringCase: true))
    }

    @Test func `all short patterns over a small alphabet agree with the recursive definition`() {
        let patternBytes = Array("ab*?[]^-\\".utf8)
        let strings = words(over: Array("ab-]".utf8), upTo: 3)
        for pattern in words(over: patternBytes, upTo: 3) {
            let first = TestBytes(pattern)
            for string in strings {
                let second = TestBytes(string)
                let found = Glob.matches(first.bytes, second.bytes)
                let expected = ReferenceGlob.matches(pattern[...], string[...])
                if found != expected {
                    Issue.record(
                        """
                        \(String(decoding: pattern, as: UTF8.self)) on \
                        \(String(decoding: string, as: UTF8.self)): \(found)
                        """)
                }
            }
        }
    }

    @Test func `random long patterns agree with the recursive definition`() {
        let seed: UInt64 = 99
        var random = Random(seed: seed)
        let patternBytes = Array("aabb**?[]^-\\".utf8) + [0x80, 0xFF]
        let stringBytes = Array("aabb-".utf8) + [0x80, 0xFF]
        for _ in 0..<20_000 {
            let pattern = (0..<random.below(12)).map { _ in
                patternBytes[random.below(patternBytes.count)]
            }
            let string = (0..<random.below(10)).map { _ in
                stringBytes[random.below(stringBytes.count)]
            }
            let first = TestBytes(pattern)
            let second = TestBytes(string)
            #expect(
                Glob.matches(first.bytes, second.bytes)
                    == ReferenceGlob.matches(pattern[...], string[...]),
                "seed \(seed): \(pattern) on \(string)")
        }
    }

    @Test func `an abusive pattern takes no more than pattern times string steps`() {
        // 2,000 stars: backtracking over all of them would not end, and recursing would overflow.
        let pattern = String(repeating: "*a", count: 2_000) + "b"
        let string = String(repeating: "a", count: 16_000)
        #expect(!matches(pattern, string))
        #expect(matches(String(repeating: "*a", count: 2_000), string))
    }

    private func words(over alphabet: [UInt8], upTo length: Int) -> [[UInt8]] {
        var all: [[UInt8]] = [[]]
        var last: [[UInt8]] = [[]]
        for _ in 0..<length {
            last = last.flatMap { word in alphabet.map { word + [$0] } }
            all += last
        }
        return all
    }
}

/// Redis's `stringmatchlen` as it is written: one call for each `*`, all positions tried.
enum ReferenceGlob {
    static func matches(_ pattern: ArraySlice<UInt8>, _ string: ArraySlice<UInt8>) -> Bool {
        var pattern = pattern
        var string = string
        while let first = pattern.first, !string.isEmpty {
            switch first {
            case UInt8(ascii: "*"):
                while pattern.dropFirst().first == UInt8(ascii: "*") {
                    pattern = pattern.dropFirst()
                }
                if pattern.count == 1 { return true }
                while !string.isEmpty {
                    if matches(pattern.dropFirst(), string) { return true }
                    string = string.dropFirst()
                }
                return false
            case UInt8(ascii: "?"):
                string = string.dropFirst()
            case UInt8(ascii: "["):
                guard bracket(&pattern, string.first!) else { return false }
                string = string.dropFirst()
            default:
                if first == UInt8(ascii: "\\") && pattern.count >= 2 {
                    pattern = pattern.dropFirst()
                }
                if pattern.first != string.first { return false }
                string = string.dropFirst()
            }
            pattern = pattern.dropFirst()
            if string.isEmpty {
                while pattern.first == UInt8(ascii: "*") { pattern = pattern.dropFirst() }
                break
            }
        }
        return pattern.isEmpty && string.isEmpty
    }

    /// Leaves `pattern` on the closing bracket, or on its last byte.
    private static func bracket(_ pattern: inout ArraySlice<UInt8>, _ byte: UInt8) -> Bool {
        pattern = pattern.dropFirst()
        let isNegated = pattern.first == UInt8(ascii: "^")
        if isNegated { pattern = pattern.dropFirst() }
        var isMatch = false
        while true {
            if pattern.count >= 2 && pattern.first == UInt8(ascii: "\\") {
                pattern = pattern.dropFirst()
                if pattern.first == byte { isMatch = true }
            } else if pattern.first == UInt8(ascii: "]") || pattern.isEmpty {
                break
            } else if pattern.count >= 3 && pattern[pattern.startIndex + 1] == UInt8(ascii: "-") {
                let ends = [pattern.first!, pattern[pattern.startIndex + 2]]
                    .map { Int8(bitPattern: $0) }.sorted()
                let value = Int8(bitPattern: byte)
                if value >= ends[0] && value <= ends[1] { isMatch = true }
                pattern = pattern.dropFirst(2)
            } else if pattern.first == byte {
                isMatch = true
            }
            pattern = pattern.dropFirst()
        }
        return isMatch != isNegated
    }
}
