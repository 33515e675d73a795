/// Rules about code: who may see whom, and where memory safety is in our own hands.

enum CodeRules {
    /// The layers of `Sources/Cairn` from the bottom up. Those of one rank don't see each other.
    static let layers: [[String]] = [
        ["Base"], ["Machine"], ["Memory"], ["Protocol", "Policy"], ["L1"], ["L2"], ["Stats"],
        ["Shard"],
        ["Simulation"],
    ]

    /// Folders whose code may use pointers and C: they wrap the machine and the memory.
    static let unsafeFolders = [
        "Sources/Cairn/Base", "Sources/Cairn/Machine", "Sources/Cairn/Memory",
        "Sources/Cairn/Stats", "Sources/Cairn/Simulation", "Sources/CairnLoad/Memory",
        "Sources/CairnServer/Run",
    ]

    /// Folders above the data path that may call the C library, but not touch memory by hand.
    static let glibcFolders = ["Sources/CairnServer", "Sources/CairnCommand", "Sources/CairnLoad"]

    static func layer(of path: String) -> String? {
        let parts = path.split(separator: "/")
        guard parts.count > 3, parts[0] == "Sources", parts[1] == "Cairn" else { return nil }
        return String(parts[2])
    }

    static func rank(_ layer: String) -> Int? { layers.firstIndex { $0.contains(layer) } }

    /// Every folder of the data path is a known layer.
    static func knownLayers(_ file: SourceFile) -> [Finding] {
        guard file.isIn("Sources/Cairn"), layer(of: file.path).flatMap(rank) == nil else {
            return []
        }
        return [Finding(path: file.path, line: 0, text: "not in a folder that is a known layer")]
    }

    /// Names of the types a file declares at its top level for others to use.
    static func topLevelTypes(_ file: SourceFile) -> Set<String> {
        let kinds: Set<Substring> = ["struct", "enum", "class", "actor", "protocol", "typealias"]
        var depth = 0
        var result: Set<String> = []
        for (index, line) in file.code.enumerated() {
            if depth == 0 {
                let words = file.words[index].map(\.text)
                if let kind = words.firstIndex(where: kinds.contains), kind + 1 < words.count,
                    !words.contains("private"), !words.contains("fileprivate")
                {
                    result.insert(String(words[kind + 1]))
                }
            }
            for byte in line.utf8 {
                if byte == UInt8(ascii: "{") { depth += 1 }
                if byte == UInt8(ascii: "}") { depth -= 1 }
            }
        }
        return result
    }

    /// Names of all the types, generic parameters and cases a file declares, at any depth.
    static func localTypes(_ file: SourceFile) -> Set<String> {
        let kinds: Set<Substring> = [
            "struct", "enum", "class", "actor", "protocol", "typealias", "associatedtype",
        ]
        var result: Set<String> = []
        for (number, line) in file.code.enumerated() {
            let words = file.words[number].map(\.text)
            for (index, word) in words.enumerated().dropLast() where kinds.contains(word) {
                result.insert(String(words[index + 1]))
            }
            for name in genericParameters(line, file.words[number]) { result.insert(name) }
        }
        return result
    }

    /// The names before a `:` directly after `<` or `, ` of a declaration's generic parameters.
    static func genericParameters(_ line: String, _ words: [Word]) -> [String] {
        guard words.has("func") || words.has("struct") || words.has("enum"),
            let open = line.firstIndex(of: "<"), let close = line.lastIndex(of: ">"), open < close
        else { return [] }
        return line[line.index(after: open)..<close].split(separator: ",").compactMap {
            String($0).words.first.map { String($0.text) }
        }
    }

    /// A layer uses only the layers below it.
    static func layersLookDown(_ files: [SourceFile]) -> [Finding] {
        var owners: [String: Set<String>] = [:]
        for file in files {
            guard let layer = layer(of: file.path) else { continue }
            for type in topLevelTypes(file) { owners[type, default: []].insert(layer) }
        }
        return files.flatMap { file -> [Finding] in
            guard let own = layer(of: file.path), let rank = rank(own) else { return [] }
            let locals = localTypes(file)
            var result: [Finding] = []
            for (index, words) in file.words.enumerated() {
                for word in words where !word.afterDot && !locals.contains(String(word.text)) {
                    guard let layers = owners[String(word.text)], !layers.contains(own) else {
                        continue
                    }
                    let visible = layers.contains { (Self.rank($0) ?? .max) < rank }
                    if !visible {
                        result.append(
                            Finding(
                                path: file.path, line: index + 1,
                                text: "\(own) must not use \(word.text) of \(layers.sorted()[0])"))
                    }
                }
            }
            return result
        }
    }

    /// Pure layers know no machine, though it stands below them.
    static func pureLayers(_ files: [SourceFile]) -> [Finding] {
        var machine: Set<String> = []
        for file in files where layer(of: file.path) == "Machine" {
            machine.formUnion(topLevelTypes(file))
        }
        return files.flatMap { file -> [Finding] in
            guard let own = layer(of: file.path), ["Protocol", "Policy"].contains(own) else {
                return []
            }
            let locals = localTypes(file)
            return file.codeLines("\(own) is pure: nothing of Machine") { _, words in
                words.contains {
                    !$0.afterDot && machine.contains(String($0.text))
                        && !locals.contains(String($0.text))
                }
            }
        }
    }

    /// Pointers, C and `unsafe` stay where the machine and the memory are wrapped.
    static func unsafeStaysInside(_ file: SourceFile) -> [Finding] {
        guard file.isIn("Sources"), !unsafeFolders.contains(where: file.isIn) else { return [] }
        let mayCall = glibcFolders.contains(where: file.isIn)
        return file.words.enumerated().flatMap { index, words in
            words.compactMap { word -> Finding? in
                let text = String(word.text)
                let pointer = text.hasPrefix("Unsafe") && text.contains("Pointer")
                let header =
                    words.has("import") && (text == "CShims" || (text == "Glibc" && !mayCall))
                guard pointer || header || text == "unsafe" else { return nil }
                return Finding(
                    path: file.path, line: index + 1, text: "\(text) outside its folders")
            }
        }
    }

    /// The data path has no Foundation.
    static func noFoundation(_ file: SourceFile) -> [Finding] {
        guard file.isIn("Sources/Cairn") else { return [] }
        return file.codeLines("Foundation on the data path") {
            $1.has("import") && $0.contains(" Foundation")
        }
    }

    /// Every function with `unsafe` says who keeps the memory alive and who else can write it.
    static func unsafeIsExplained(_ file: SourceFile) -> [Finding] {
        guard file.isIn("Sources") else { return [] }
        return file.functions.compactMap { function in
            let body = (function.first - 1)..<function.last
            guard file.words[body].contains(where: { $0.has("unsafe") }) else { return nil }
            if file.lines[body].contains(where: { $0.contains("// SAFETY:") }) { return nil }
            if file.commentAbove(line: function.first).contains(where: { $0.contains("// SAFETY:") }
            ) {
                return nil
            }
            return Finding(
                path: file.path, line: function.first, text: "\(function.name): no SAFETY comment")
        }
    }
}

extension SourceFile {
    /// The unbroken run of comment and attribute lines directly above `line` (counted from 1).
    func commentAbove(line: Int) -> ArraySlice<String> {
        var first = line - 1
        while first > 0 {
            let text = lines[first - 1].drop { $0.isWhitespace }
            guard text.hasPrefix("//") || text.hasPrefix("@") else { break }
            first -= 1
        }
        return lines[first..<(line - 1)]
    }
}
