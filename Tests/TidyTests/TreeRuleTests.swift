import Testing

/// The rules about the tree and its documents, on small examples.
@Suite struct TreeRuleTests {
    private func document(_ text: String, path: String = "README.md") -> SourceFile {
        SourceFile(path: path, text: text)
    }

    @Test func `the top level may hold nothing unknown and must hold everything required`() {
        let whole = Array(TreeRules.required) + [".git", "LICENSE", "docs"]
        #expect(TreeRules.topLevel(whole).isEmpty)
        #expect(TreeRules.topLevel(whole + ["notes.txt"]).map(\.path) == ["notes.txt"])
        #expect(TreeRules.topLevel(whole.filter { $0 != "README.md" }).map(\.path) == ["README.md"])
    }

    @Test func `one name twice in a module is found, in two modules not`() {
        #expect(TreeRules.basenames(["Sources/A/X/F.swift", "Sources/A/Y/F.swift"]).count == 1)
        #expect(TreeRules.basenames(["Sources/A/F.swift", "Sources/B/F.swift"]).isEmpty)
        #expect(TreeRules.basenames(["Sources/A/F.swift", "Tests/A/F.swift"]).isEmpty)
    }

    @Test func `a document that names a missing program is found`() {
        let text = document("Run `tools/demo`, then\n    tools/compare --quick\n")
        #expect(TreeRules.commandsExist(text) { _ in true }.isEmpty)
        #expect(TreeRules.commandsExist(text) { $0 == "tools/demo" }.map(\.line) == [2])
    }

    @Test func `programs are told from other paths`() {
        #expect(
            TreeRules.toolsNamed(in: "tools/test, tools/test.") == ["tools/test", "tools/test"])
        #expect(TreeRules.toolsNamed(in: "tools/board.json redis-tools/x a/tools/y tools/").isEmpty)
        #expect(TreeRules.toolsNamed(in: "tools/lib/steps.sh").isEmpty)
    }

    @Test func `a dead link is found, an outside link is not ours to check`() {
        let text = document("[a](docs/A.md#x) [b](https://b) [c](#here)")
        #expect(TreeRules.linksLead(text) { $0 == "docs/A.md" }.isEmpty)
        #expect(TreeRules.linksLead(text) { _ in false }.count == 1)
        let inner = document("[a](B.md)", path: "docs/A.md")
        #expect(TreeRules.linksLead(inner) { $0 == "docs/B.md" }.isEmpty)
    }

    @Test func `a command without description and a description without command are found`() {
        let code = SourceFile(
            path: "C.swift",
            text: """
                Spec("get", 2),
                Spec(
                    "cairn.stat", 2, []),
                Spec("client", -2), Spec("client|no-evict", 3), other("A b"), text("word")
                """)
        let same = document(
            """
            | Command | Notes |
            |---|---|
            | `GET key`, `CAIRN.STAT key` | `x` |
            | `CLIENT NO-EVICT on \\| off` |
            """)
        let different = document(
            """
            | Command |
            |---|
            | `GET key`, `SET key` |
            | `CLIENT LIST` |

            | `ELSE` |
            """)
        #expect(TreeRules.commandTable(code: [code], document: same).isEmpty)
        #expect(
            TreeRules.commandTable(code: [code], document: different).map(\.text) == [
                "CAIRN.STAT is not described", "CLIENT NO-EVICT is not described",
                "CLIENT LIST is described, but not in the code",
                "SET is described, but not in the code",
            ])
    }

    @Test func `a counter that nobody counts is found, and a switch over it does not count`() {
        let table = SourceFile(
            path: "Sources/Cairn/Stats/Counter.swift",
            text:
                "enum Counter {\n    case hits, misses\n    case drops\n}\nswitch x { case .drops: }"
        )
        let shard = SourceFile(
            path: "Sources/Cairn/Shard/Shard.swift", text: "stats.add(.hits)\nstats.add(.misses)")
        let reader = SourceFile(
            path: "Sources/Cairn/Shard/InfoFacts.swift", text: "total(.drops)")
        #expect(TreeRules.cases(table) == ["hits", "misses", "drops"])
        let found = TreeRules.statedNumbers(table, in: [table, shard, reader], later: [])
        #expect(found.map(\.text) == ["drops is never counted or set"])
        #expect(TreeRules.statedNumbers(table, in: [shard], later: ["drops"]).isEmpty)
    }
}
