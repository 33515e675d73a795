/// A text file of the tree, with the view of it that rules about code need.

/// Something a rule objects to.
struct Finding: Equatable, CustomStringConvertible {
    let path: String
    /// Counted from 1; 0 when the whole file is meant.
    let line: Int
    let text: String

    var description: String { "\(path):\(line): \(text)" }
}

/// An identifier or keyword of a line of code.
struct Word {
    let text: Substring
    /// Whether a `.` stands before it: a member's name.
    let afterDot: Bool
}

/// A file's text, and its code with the contents of comments, strings and quoted names blanked out,
/// line for line and byte for byte.
struct SourceFile {
    /// Relative to the root of the tree.
    let path: String
    let lines: [String]
    /// As `lines`; what isn't code is spaces.
    let code: [String]
    /// The words of each line of `code`, found once: every rule looks at them.
    let words: [[Word]]

    init(path: String, text: String) {
        self.path = path
        lines = text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
        let isProse = path.hasSuffix(".md") || path.hasSuffix(".html")
        code =
            isProse
            ? lines
            : CodeScanner.blanked(text)
                .split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
        words = isProse ? lines.map { _ in [] } : code.map(\.words)
    }

    var name: String { String(path.split(separator: "/").last ?? "") }
    var folder: String { path.split(separator: "/").dropLast().joined(separator: "/") }
    var isSwift: Bool { path.hasSuffix(".swift") }

    func isIn(_ folder: String) -> Bool { path.hasPrefix(folder + "/") }

    /// The lines of code whose `test` holds, as findings.
    func codeLines(_ text: String, where test: (_ line: String, _ words: [Word]) -> Bool)
        -> [Finding]
    {
        code.indices.filter { test(code[$0], words[$0]) }.map {
            Finding(path: path, line: $0 + 1, text: text)
        }
    }
}

/// Tells Swift code from what only looks like it: comments, string literals, quoted identifiers.
struct CodeScanner {
    private let source: [UInt8]
    private var position = 0
    private var output: [UInt8] = []

    private static let newline = UInt8(ascii: "\n")
    private static let quote = UInt8(ascii: "\"")
    private static let hash = UInt8(ascii: "#")
    private static let backtick = UInt8(ascii: "`")
    private static let slash = UInt8(ascii: "/")
    private static let open = UInt8(ascii: "(")
    private static let close = UInt8(ascii: ")")

    private init(_ text: String) {
        source = Array(text.utf8)
        output.reserveCapacity(source.count)
    }

    /// The text with everything but code replaced by spaces; line breaks stay.
    static func blanked(_ text: String) -> String {
        var scanner = CodeScanner(text)
        scanner.scanCode(untilClosing: false)
        return String(decoding: scanner.output, as: UTF8.self)
    }

    private func looking(at text: [UInt8]) -> Bool {
        guard position + text.count <= source.count else { return false }
        for (offset, byte) in text.enumerated() where source[position + offset] != byte {
            return false
        }
        return true
    }

    private func byte(after offset: Int) -> UInt8 {
        position + offset < source.count ? source[position + offset] : 0
    }

    private mutating func keep() {
        output.append(source[position])
        position += 1
    }

    private mutating func blank(_ count: Int = 1) {
        for _ in 0..<count where position < source.count {
            output.append(source[position] == Self.newline ? Self.newline : UInt8(ascii: " "))
            position += 1
        }
    }

    /// Code up to the end, or up to the parenthesis that closes an interpolation.
    private mutating func scanCode(untilClosing: Bool) {
        var depth = 0
        while position < source.count {
            switch source[position] {
            case Self.close where untilClosing && depth == 0:
                return
            case Self.slash where byte(after: 1) == Self.slash:
                while position < source.count, source[position] != Self.newline { blank() }
            case Self.slash where byte(after: 1) == UInt8(ascii: "*"):
                scanComment()
            case Self.quote:
                scanString()
            case Self.hash where startsRawString():
                scanString()
            case Self.backtick:
                keep()
                while position < source.count, source[position] != Self.backtick { blank() }
                if position < source.count { keep() }
            case Self.open:
                depth += 1
                keep()
            case Self.close:
                depth -= 1
                keep()
            default:
                keep()
            }
        }
    }

    private mutating func scanComment() {
        var depth = 0
        repeat {
            if looking(at: [Self.slash, UInt8(ascii: "*")]) {
                depth += 1
                blank(2)
            } else if looking(at: [UInt8(ascii: "*"), Self.slash]) {
                depth -= 1
                blank(2)
            } else {
                blank()
            }
        } while depth > 0 && position < source.count
    }

    private func startsRawString() -> Bool {
        var at = position
        while at < source.count, source[at] == Self.hash { at += 1 }
        return at < source.count && source[at] == Self.quote
    }

    private mutating func scanString() {
        var hashes: [UInt8] = []
        while source[position] == Self.hash {
            hashes.append(Self.hash)
            blank()
        }
        let isLong = byte(after: 1) == Self.quote && byte(after: 2) == Self.quote
        let quotes = [UInt8](repeating: Self.quote, count: isLong ? 3 : 1)
        let end = quotes + hashes
        let escape = [UInt8(ascii: "\\")] + hashes
        blank(quotes.count)
        while position < source.count, !looking(at: end) {
            if looking(at: escape + [Self.open]) {
                blank(escape.count + 1)
                scanCode(untilClosing: true)
                blank()
            } else if looking(at: escape) {
                blank(escape.count + 1)
            } else if !isLong, source[position] == Self.newline {
                return
            } else {
                blank()
            }
        }
        blank(end.count)
    }
}

extension String {
    /// The identifiers and keywords of a line of code.
    var words: [Word] {
        let bytes = utf8
        var result: [Word] = []
        var at = bytes.startIndex
        var before = UInt8(ascii: " ")
        while at < bytes.endIndex {
            let byte = bytes[at]
            guard byte.startsWord else {
                before = byte
                at = bytes.index(after: at)
                continue
            }
            var end = at
            while end < bytes.endIndex, bytes[end].continuesWord { end = bytes.index(after: end) }
            result.append(Word(text: self[at..<end], afterDot: before == UInt8(ascii: ".")))
            before = UInt8(ascii: "x")
            at = end
        }
        return result
    }

    func hasWord(_ word: String) -> Bool { words.contains { $0.text == word } }
}

extension UInt8 {
    fileprivate var startsWord: Bool {
        (self | 0x20) >= UInt8(ascii: "a") && (self | 0x20) <= UInt8(ascii: "z")
            || self == UInt8(ascii: "_")
    }
    fileprivate var continuesWord: Bool {
        startsWord || self >= UInt8(ascii: "0") && self <= UInt8(ascii: "9")
    }
}

extension [Word] {
    func has(_ word: String) -> Bool { contains { $0.text == word } }
}
