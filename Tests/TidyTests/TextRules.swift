/// Rules about text: length, white space, words that must not be shipped.

enum TextRules {
    static let fileLinesMax = 500
    static let functionLinesMax = 70
    static let lineColumnsMax = 100

    /// A file is short enough to be read at one sitting.
    static func fileLength(_ file: SourceFile) -> [Finding] {
        let count = file.lines.last == "" ? file.lines.count - 1 : file.lines.count
        guard count > fileLinesMax else { return [] }
        return [Finding(path: file.path, line: 0, text: "\(count) lines, at most \(fileLinesMax)")]
    }

    /// A function fits on a screen, unless it is a table: a `switch` and nothing that decides or
    /// repeats besides.
    static func functionLength(_ file: SourceFile) -> [Finding] {
        file.functions.filter { $0.length > functionLinesMax && !isTable($0, of: file) }.map {
            Finding(
                path: file.path, line: $0.first,
                text: "\($0.name) has \($0.length) lines, at most \(functionLinesMax)")
        }
    }

    private static func isTable(_ function: FunctionRange, of file: SourceFile) -> Bool {
        let logic: Set<Substring> = ["if", "guard", "for", "while", "repeat", "var", "do", "inout"]
        // Past the first line, where `var` may declare the table itself.
        let words = file.words[function.first..<function.last].joined()
        return words.contains { $0.text == "switch" }
            && !words.contains { logic.contains($0.text) && !$0.afterDot }
    }

    /// A line is short, unless it is one link or one text that can't be broken.
    static func lineLength(_ file: SourceFile) -> [Finding] {
        file.lines.enumerated().compactMap { index, line in
            guard line.utf8.count > lineColumnsMax, line.count > lineColumnsMax,
                !line.contains("https://"), !isOneText(line)
            else { return nil }
            return Finding(
                path: file.path, line: index + 1,
                text: "\(line.count) columns, at most \(lineColumnsMax)")
        }
    }

    private static func isOneText(_ line: String) -> Bool {
        let text = line.drop { $0 == " " }
        return text.first == "\""
            && text.dropFirst().firstIndex(of: "\"").map {
                text[$0...].dropFirst().allSatisfy { $0 == "," || $0 == ")" }
            } == true
    }

    /// No tabs, nothing at the end of a line, exactly one line break at the end of the file.
    static func whiteSpace(_ file: SourceFile) -> [Finding] {
        var result: [Finding] = []
        for (index, line) in file.lines.enumerated() {
            if line.contains("\t") {
                result.append(Finding(path: file.path, line: index + 1, text: "tab"))
            }
            if line.last?.isWhitespace == true {
                result.append(
                    Finding(path: file.path, line: index + 1, text: "white space at the end"))
            }
        }
        if file.lines.last != "" || file.lines.dropLast().last == "" {
            result.append(
                Finding(
                    path: file.path, line: file.lines.count, text: "end of file: one line break"))
        }
        return result
    }

    /// Marks of unfinished work, in comments as in code. In halves: this file is checked too.
    static let unfinished = ["FIX" + "ME", "TO" + "DO", "XX" + "X", "HA" + "CK"]

    static func unfinishedWork(_ file: SourceFile) -> [Finding] {
        file.lines.enumerated().flatMap { index, line -> [Finding] in
            // A cheap look first: words are dear, and almost no line has one of these.
            unfinished.filter { line.utf8.firstRange(of: $0.utf8) != nil && line.hasWord($0) }.map {
                Finding(path: file.path, line: index + 1, text: "\($0): finish it or file it")
            }
        }
    }

    /// Calls that end the process without our text, or write where nobody asked.
    ///
    /// `print` belongs to the command line; `ensure` is the one way to crash.
    static func bannedCalls(_ file: SourceFile) -> [Finding] {
        guard file.isIn("Sources") else { return [] }
        var result: [Finding] = []
        if !["Sources/CairnCommand", "Sources/CairnLoad/Report"].contains(where: file.isIn) {
            result += file.codeLines("print: only the command line prints") {
                calls("print", $0, $1)
            }
        }
        // A refusal of the kernel that is our bug is told with its error number.
        if file.name != "Ensure.swift", !file.isIn("Sources/Cairn/Machine") {
            result += file.codeLines("fatalError: use ensure") { calls("fatalError", $0, $1) }
        }
        result += file.codeLines("precondition prints no text at -O: use ensure") {
            calls("precondition", $0, $1) || calls("preconditionFailure", $0, $1)
        }
        result += file.codeLines("try!: handle the error") { line, _ in line.contains("try!") }
        result += file.codeLines("as!: match the type") { line, _ in line.contains(" as! ") }
        return result
    }

    /// The one place that lets time pass, between two looks at a condition.
    static let waitingFile = "Tests/Conformance/support/waiting.py"

    /// Tests wait for conditions, with deadlines; they never sleep.
    static func sleepingTests(_ file: SourceFile) -> [Finding] {
        guard file.isIn("Tests"), file.path != waitingFile else { return [] }
        let sleepers: Set<Substring> = ["sleep", "usleep", "nanosleep", "clock_nanosleep"]
        return file.codeLines("a test must not sleep") { line, words in
            words.contains { sleepers.contains($0.text) } && line.contains("(")
        }
    }

    /// Whether the line calls the function `name`, not a member of that name.
    static func calls(_ name: String, _ line: String, _ words: [Word]) -> Bool {
        words.contains { $0.text == name && !$0.afterDot } && line.contains("\(name)(")
            && !line.contains("func \(name)")
    }
}
