/// Finds where functions begin and end, by braces.

/// A function, initialiser, subscript or computed property with a body.
struct FunctionRange: Equatable {
    let name: String
    /// First line of the declaration, counted from 1.
    let first: Int
    /// Line of the closing brace.
    let last: Int

    var length: Int { last - first + 1 }
}

extension SourceFile {
    private static let starters: Set<Substring> = ["func", "init", "deinit", "subscript", "var"]
    private static let declarations: Set<Substring> = [
        "func", "init", "deinit", "subscript", "var", "let", "case", "struct", "enum", "class",
        "actor", "protocol", "extension", "typealias", "static", "import", "associatedtype",
    ]

    /// Every function of the file, nested ones too, by the order in which they begin.
    var functions: [FunctionRange] {
        var result: [FunctionRange] = []
        for index in code.indices {
            let words = words[index]
            guard
                let start = words.firstIndex(where: {
                    Self.starters.contains($0.text) && !$0.afterDot
                })
            else { continue }
            let word = words[start].text
            if word == "init", !Self.declaresInit(words.prefix(start).map(\.text)) {
                continue
            }
            let column = code[index].utf8.distance(from: code[index].startIndex, to: word.endIndex)
            guard let last = bodyEnd(line: index, column: column, isVariable: word == "var") else {
                continue
            }
            let name = words.dropFirst(start + 1).first?.text ?? word
            result.append(
                FunctionRange(
                    name: word == "func" || word == "var" ? String(name) : String(word),
                    first: index + 1, last: last + 1))
        }
        return result
    }

    /// `init` is a declaration when only modifiers and attributes stand before it.
    private static func declaresInit(_ before: [Substring]) -> Bool {
        let modifiers: Set<Substring> = [
            "public", "package", "internal", "fileprivate", "private", "convenience", "required",
            "override", "nonisolated", "inlinable", "inline", "usableFromInline", "__always",
            "never", "borrowing", "consuming", "unsafe", "safe", "indirect",
        ]
        return before.allSatisfy(modifiers.contains)
    }

    /// The line on which the body of the declaration closes; `nil` if it has no body.
    private func bodyEnd(line: Int, column: Int, isVariable: Bool) -> Int? {
        var nesting = 0
        var braces = 0
        var from = column
        for index in line..<code.count {
            let text = code[index]
            if index > line, braces == 0, nesting == 0, let first = words[index].first?.text,
                Self.declarations.contains(first)
            {
                return nil
            }
            for byte in text.utf8.dropFirst(from) {
                switch byte {
                case UInt8(ascii: "("), UInt8(ascii: "["): nesting += 1
                case UInt8(ascii: ")"), UInt8(ascii: "]"): nesting -= 1
                case UInt8(ascii: "{") where nesting == 0 || braces > 0: braces += 1
                case UInt8(ascii: "}") where nesting == 0 || braces > 0:
                    braces -= 1
                    if braces == 0 { return index }
                    if braces < 0 { return nil }
                case UInt8(ascii: "=") where isVariable && braces == 0 && nesting == 0: return nil
                default: break
                }
            }
            if isVariable, braces == 0, nesting == 0, !text.contains("{"), !continues(index) {
                return nil
            }
            from = 0
        }
        return nil
    }

    /// Whether the line after `index` opens the body of what `index` declares.
    private func continues(_ index: Int) -> Bool {
        guard index + 1 < code.count else { return false }
        return code[index + 1].first { !$0.isWhitespace } == "{"
    }
}
