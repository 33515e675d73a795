/// A text file of the tree, with the view of it that rules about code need.

/// Something a rule objects to.
struct Finding: Equatable, CustomStringConvertible {
    let path: String
    /// Counted from 1; 0 when the whole file is meant.
    let line: Int
    let text: String

    var description: String { "\(path):\(line): \(text)" }
}

/// A file's text, and its Swift code with the contents of comments, strings and quoted names
/// blanked out, line for line and column for column.
struct SourceFile {
    /// Relative to the root of the tree.
    let path: String
    let lines: [String]
    /// As `lines`; what isn't code is spaces.
    let code: [String]

    init(path: String, text: String) {
        self.path = path
        lines = text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
        code = CodeScanner.blanked(text)
            .split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
    }

    var name: String { String(path.split(separator: "/").last ?? "") }
    var folder: String { path.split(separator: "/").dropLast().joined(separator: "/") }
    var isSwift: Bool { path.hasSuffix(".swift") }

    func isIn(_ folder: String) -> Bool { path.hasPrefix(folder + "/") }

    /// The lines of code whose `test` holds, as findings.
    func codeLines(_ text: String, where test: (String) -> Bool) -> [Finding] {
        code.enumerated().filter { test($0.element) }.map {
            Finding(path: path, line: $0.offset + 1, text: text)
        }
    }
}

/// Tells Swift code from what only looks like it: comments, string literals, quoted identifiers.
struct CodeScanner {
    private let source: [Character]
    private var position = 0
    private var output: [Character] = []

    private init(_ text: String) {
        source = Array(text)
        output.reserveCapacity(source.count)
    }

    /// The text with everything but code replaced by spaces; line breaks stay.
    static func blanked(_ text: String) -> String {
        var scanner = CodeScanner(text)
        scanner.scanCode(untilClosing: false)
        return String(scanner.output)
    }

    private func looking(at text: String) -> Bool {
        var at = position
        for character in text {
            guard at < source.count, source[at] == character else { return false }
            at += 1
        }
        return true
    }

    private mutating func keep() {
        output.append(source[position])
        position += 1
    }

    private mutating func blank(_ count: Int = 1) {
        for _ in 0..<count where position < source.count {
            output.append(source[position].isNewline ? source[position] : " ")
            position += 1
        }
    }

    /// Code up to the end, or up to the parenthesis that closes an interpolation.
    private mutating func scanCode(untilClosing: Bool) {
        var depth = 0
        while position < source.count {
            if untilClosing, source[position] == ")", depth == 0 { return }
            if looking(at: "//") {
                while position < source.count, !source[position].isNewline { blank() }
            } else if looking(at: "/*") {
                scanComment()
            } else if source[position] == "\"" || startsRawString() {
                scanString()
            } else if source[position] == "`" {
                keep()
                while position < source.count, source[position] != "`" { blank() }
                if position < source.count { keep() }
            } else {
                if source[position] == "(" { depth += 1 }
                if source[position] == ")" { depth -= 1 }
                keep()
            }
        }
    }

    private mutating func scanComment() {
        var depth = 0
        repeat {
            if looking(at: "/*") {
                depth += 1
                blank(2)
            } else if looking(at: "*/") {
                depth -= 1
                blank(2)
            } else {
                blank()
            }
        } while depth > 0 && position < source.count
    }

    private func startsRawString() -> Bool {
        guard source[position] == "#" else { return false }
        var at = position
        while at < source.count, source[at] == "#" { at += 1 }
        return at < source.count && source[at] == "\""
    }

    private mutating func scanString() {
        var hashes = ""
        while source[position] == "#" {
            hashes.append("#")
            blank()
        }
        let quote = looking(at: "\"\"\"") ? "\"\"\"" : "\""
        let end = quote + hashes
        let escape = "\\" + hashes
        blank(quote.count)
        while position < source.count, !looking(at: end) {
            if looking(at: escape + "(") {
                blank(escape.count + 1)
                scanCode(untilClosing: true)
                blank()
            } else if looking(at: escape) {
                blank(escape.count + 1)
            } else if quote.count == 1, source[position].isNewline {
                return
            } else {
                blank()
            }
        }
        blank(end.count)
    }
}

extension String {
    /// The identifiers and keywords of a line of code, each with whether a `.` stands before it.
    var words: [(text: Substring, afterDot: Bool)] {
        var result: [(text: Substring, afterDot: Bool)] = []
        var at = startIndex
        while at < endIndex {
            guard self[at].isLetter || self[at] == "_" else {
                at = index(after: at)
                continue
            }
            let end =
                self[at...].firstIndex { !($0.isLetter || $0.isNumber || $0 == "_") } ?? endIndex
            let afterDot = at > startIndex && self[index(before: at)] == "."
            result.append((self[at..<end], afterDot))
            at = end
        }
        return result
    }

    func hasWord(_ word: String) -> Bool { words.contains { $0.text == word } }
}
