/// Rules about the tree itself: what lies where, and documents that must agree with it.

enum TreeRules {
    static let required: Set<String> = [
        "Package.swift", "Sources", "CShims", "Tests", "Benchmarks", "tools", "README.md",
    ]
    static let allowed: Set<String> = ["docs", "LICENSE", "CHANGELOG.md", "Package.resolved"]

    /// The top level holds what it must and nothing else; dot files are free.
    static func topLevel(_ names: [String]) -> [Finding] {
        let missing = required.subtracting(names).sorted().map {
            Finding(path: $0, line: 0, text: "missing from the top level")
        }
        let extra = names.filter {
            !$0.hasPrefix(".") && !required.contains($0) && !allowed.contains($0)
        }
        return missing
            + extra.sorted().map {
                Finding(path: $0, line: 0, text: "not allowed at the top level")
            }
    }

    /// Two files of one name in one module don't build.
    static func basenames(_ paths: [String]) -> [Finding] {
        var seen: [String: String] = [:]
        var result: [Finding] = []
        for path in paths.sorted() where path.hasSuffix(".swift") {
            let parts = path.split(separator: "/")
            guard parts.count > 2, let name = parts.last else { continue }
            let key = "\(parts[0])/\(parts[1])/\(name)"
            if let other = seen[key] {
                result.append(Finding(path: path, line: 0, text: "same name as \(other)"))
            } else {
                seen[key] = path
            }
        }
        return result
    }

    /// Every `tools/NAME` that a document names exists and can be run.
    static func commandsExist(_ document: SourceFile, isRunnable: (String) -> Bool) -> [Finding] {
        document.lines.enumerated().flatMap { index, line in
            toolsNamed(in: line).filter { !isRunnable($0) }.map {
                Finding(path: document.path, line: index + 1, text: "\($0) is no program")
            }
        }
    }

    /// The `tools/NAME` words of a line.
    static func toolsNamed(in line: String) -> [String] {
        var result: [String] = []
        var rest = line[...]
        while let range = rest.firstRange(of: "tools/") {
            let before =
                range.lowerBound > rest.startIndex
                ? rest[rest.index(before: range.lowerBound)] : " "
            let name = rest[range.upperBound...].prefix { $0.isLetter || $0 == "-" }
            let after = rest[range.upperBound...].dropFirst(name.count).first
            rest = rest[range.upperBound...]
            // "tools/x.json" is a file, "a/tools/x" another place, "redis-tools/" no path of ours.
            if before.isLetter || before == "-" || before == "/" || name.isEmpty { continue }
            if after == "." && (rest.dropFirst(name.count + 1).first?.isLetter ?? false) {
                continue
            }
            if after == "/" { continue }
            result.append("tools/\(name)")
        }
        return result
    }

    /// Every relative link of a document leads to a file.
    static func linksLead(_ document: SourceFile, exists: (String) -> Bool) -> [Finding] {
        document.lines.enumerated().flatMap { index, line in
            links(in: line).compactMap { link -> Finding? in
                let target = link.prefix { $0 != "#" }
                guard !target.isEmpty, !link.contains("://"), !link.hasPrefix("mailto:") else {
                    return nil
                }
                let path = document.folder.isEmpty ? String(target) : "\(document.folder)/\(target)"
                guard !exists(path) else { return nil }
                return Finding(path: document.path, line: index + 1, text: "dead link: \(link)")
            }
        }
    }

    /// The targets of `[text](target)` in a line.
    static func links(in line: String) -> [String] {
        line.split(separator: "](", omittingEmptySubsequences: false).dropFirst().compactMap {
            part in part.firstIndex(of: ")").map { String(part[..<$0]) }
        }
    }

    /// The commands the code knows and the commands `docs/PROTOCOLS.md` describes are the same.
    static func commandTable(code: [SourceFile], document: SourceFile) -> [Finding] {
        let known = code.reduce(into: Set()) { $0.formUnion(commandsInCode($1)) }
        let containers = Set(
            known.compactMap { $0.contains(" ") ? String($0.prefix { $0 != " " }) : nil })
        let described = commandsInDocument(document, containers: containers)
        let missing = known.subtracting(described).sorted().map {
            Finding(path: document.path, line: 0, text: "\($0) is not described")
        }
        let stale = described.subtracting(known).sorted().map {
            Finding(path: document.path, line: 0, text: "\($0) is described, but not in the code")
        }
        return missing + stale
    }

    /// Each case of an enum of counters or gauges is named by code of the data path that is neither
    /// the table itself nor a reader (INFO): else it would be shown as 0 for ever.
    static func statedNumbers(
        _ table: SourceFile, in sources: [SourceFile], later: Set<String>
    ) -> [Finding] {
        let writers = sources.filter {
            $0.path.hasPrefix("Sources/Cairn/") && !$0.path.contains("/Stats/Counter")
                && !$0.path.contains("/Stats/Gauge") && !$0.path.contains("/InfoFacts")
        }
        var used: Set<Substring> = []
        for file in writers {
            for line in file.lines {
                used.formUnion(line.matches(of: /\.([a-z][A-Za-z]*)/).map(\.output.1))
            }
        }
        return cases(table).filter { !used.contains($0[...]) && !later.contains($0) }.map {
            Finding(path: table.path, line: 0, text: "\($0) is never counted or set")
        }
    }

    /// The cases an enum declares; a switch's `case .name:` is none.
    static func cases(_ file: SourceFile) -> [String] {
        file.lines.flatMap { line -> [String] in
            guard let names = line.firstMatch(of: /^ {4}case ([a-z][A-Za-z, ]*)$/) else {
                return []
            }
            return names.output.1.split(separator: ", ").map(String.init)
        }
    }

    /// Names in the code's tables: literals that an arity follows, as in `"client|list", -2`.
    static func commandsInCode(_ file: SourceFile) -> Set<String> {
        Set(
            file.lines.flatMap { $0.matches(of: /"([a-z.|-]+)", -?[0-9]/) }.map { match in
                match.output.1.uppercased().replacing("|", with: " ")
            })
    }

    /// Names in the first column of the tables whose head is `| Command |`: the first word between
    /// backticks, with the second if `containers` has the first.
    static func commandsInDocument(_ file: SourceFile, containers: Set<String>) -> Set<String> {
        var inTable = false
        var result: Set<String> = []
        for line in file.lines {
            guard line.hasPrefix("|") else {
                inTable = false
                continue
            }
            let cell = line.replacing("\\|", with: "/").split(separator: "|").first ?? ""
            if cell.contains("Command") {
                inTable = true
            } else if inTable {
                for match in cell.matches(of: /`([^`]+)`/) {
                    let words = match.output.1.split(separator: " ").map(String.init)
                    guard let name = words.first else { continue }
                    result.insert(name)
                    if containers.contains(name), words.count > 1 {
                        result.insert("\(name) \(words[1])")
                    }
                }
            }
        }
        return result
    }
}
