import Testing

/// Each rule on small texts: it finds what it must, and leaves the rest alone.
@Suite struct RuleTests {
    private func file(_ path: String, _ text: String) -> SourceFile {
        SourceFile(path: path, text: text)
    }

    private func code(_ text: String, in path: String = "Sources/Cairn/Shard/A.swift") -> SourceFile
    {
        SourceFile(path: path, text: text)
    }

    @Test func `a file of 500 lines passes, one of 501 does not`() {
        let line = "a\n"
        #expect(TextRules.fileLength(code(String(repeating: line, count: 500))).isEmpty)
        #expect(TextRules.fileLength(code(String(repeating: line, count: 501))).count == 1)
    }

    @Test func `a function of 70 lines passes, one of 71 does not`() {
        func text(_ lines: Int) -> String {
            "func f() {\n" + String(repeating: "a()\n", count: lines - 2) + "}\n"
        }
        #expect(TextRules.functionLength(code(text(70))).isEmpty)
        #expect(TextRules.functionLength(code(text(71))).map(\.line) == [1])
    }

    @Test func `a table may be longer than a function, a switch with logic may not`() {
        let rows = String(repeating: "case 1: Row(1)\n", count: 80)
        let table = "func row() -> Row {\nswitch id {\n" + rows + "}\n}\n"
        let logic = "func row() -> Row {\nif a { b() }\nswitch id {\n" + rows + "}\n}\n"
        #expect(TextRules.functionLength(code(table)).isEmpty)
        #expect(TextRules.functionLength(code(logic)).count == 1)
    }

    @Test func `a line of one long text is left alone, one with code beside it is not`() {
        let text = "\"" + String(repeating: "a", count: 101) + "\""
        #expect(TextRules.lineLength(code("    \(text),")).isEmpty)
        #expect(TextRules.lineLength(code("    call(\(text))")).count == 1)
        #expect(TextRules.lineLength(code("    \(text) + b")).count == 1)
    }

    @Test func `a line of 100 columns passes, one of 101 does not, a link may`() {
        #expect(TextRules.lineLength(code(String(repeating: "a", count: 100))).isEmpty)
        #expect(TextRules.lineLength(code(String(repeating: "a", count: 101))).count == 1)
        #expect(
            TextRules.lineLength(code("https://" + String(repeating: "a", count: 101))).isEmpty)
    }

    @Test func `white space is found at its line`() {
        #expect(TextRules.whiteSpace(code("a\nb\n")).isEmpty)
        #expect(TextRules.whiteSpace(code("a\n\tb\n")).map(\.line) == [2])
        #expect(TextRules.whiteSpace(code("a \nb\n")).map(\.line) == [1])
        #expect(TextRules.whiteSpace(code("a")).count == 1)
        #expect(TextRules.whiteSpace(code("a\n\n")).count == 1)
    }

    @Test func `unfinished work is found in comments, as a word of its own`() {
        for word in TextRules.unfinished {
            #expect(TextRules.unfinishedWork(code("a() // \(word): later")).count == 1)
            #expect(TextRules.unfinishedWork(code("a() // x\(word)x")).isEmpty)
        }
    }

    @Test func `calls that print or crash are found in sources alone`() {
        #expect(TextRules.bannedCalls(code("print(a)")).count == 1)
        #expect(TextRules.bannedCalls(code("// print(a)\nlog.print(a)\nblueprint(a)")).isEmpty)
        #expect(TextRules.bannedCalls(code("print(a)", in: "Sources/CairnCommand/A.swift")).isEmpty)
        #expect(TextRules.bannedCalls(code("print(a)", in: "Tests/CairnTests/A.swift")).isEmpty)
        #expect(TextRules.bannedCalls(code("fatalError(\"a\")")).count == 1)
        #expect(TextRules.bannedCalls(code("precondition(a)")).count == 1)
        #expect(TextRules.bannedCalls(code("let a = try! b()")).count == 1)
        #expect(TextRules.bannedCalls(code("let a = b as! C")).count == 1)
    }

    @Test func `a sleeping test is found, a sleeping server is not this rule's business`() {
        let test = "Tests/CairnTests/A.swift"
        #expect(TextRules.sleepingTests(code("usleep(10)", in: test)).count == 1)
        #expect(TextRules.sleepingTests(code("try await Task.sleep(for: a)", in: test)).count == 1)
        #expect(TextRules.sleepingTests(code("// never sleep()\nsleeper(1)", in: test)).isEmpty)
        #expect(TextRules.sleepingTests(code("usleep(10)")).isEmpty)
    }

    @Test func `an unknown folder of the data path is found`() {
        #expect(CodeRules.knownLayers(code("", in: "Sources/Cairn/Misc/A.swift")).count == 1)
        #expect(CodeRules.knownLayers(code("", in: "Sources/Cairn/A.swift")).count == 1)
        #expect(CodeRules.knownLayers(code("", in: "Sources/Cairn/Base/A.swift")).isEmpty)
        #expect(CodeRules.knownLayers(code("", in: "Sources/CairnLoad/A.swift")).isEmpty)
    }

    @Test func `a layer that looks up is found, one that looks down is not`() {
        let upper = file("Sources/Cairn/Shard/Turn.swift", "package struct Turn {}\n")
        let lower = file("Sources/Cairn/Base/Bytes.swift", "struct Bytes {}\n")
        let good = file("Sources/Cairn/Shard/A.swift", "let a: Bytes\nlet b: Turn")
        let bad = file("Sources/Cairn/L1/B.swift", "let a = 1\nlet b: Turn")
        #expect(CodeRules.layersLookDown([upper, lower, good]).isEmpty)
        #expect(CodeRules.layersLookDown([upper, lower, good, bad]).map(\.line) == [2])
    }

    @Test func `layers of one rank do not see each other`() {
        let parser = file("Sources/Cairn/Protocol/P.swift", "enum Parser {}")
        let policy = file("Sources/Cairn/Policy/Q.swift", "let a: Parser")
        #expect(CodeRules.layersLookDown([parser, policy]).count == 1)
    }

    @Test func `comments, members, own and private names are no use of another layer`() {
        let upper = file(
            "Sources/Cairn/Shard/T.swift",
            "struct Turn {\n    struct Inner {}\n}\nprivate enum Own {}")
        let lower = file(
            "Sources/Cairn/Base/B.swift",
            "// Turn\nlet a = .Turn\nlet b: Inner\nlet c: Own\nstruct S {}")
        let local = file("Sources/Cairn/Base/C.swift", "func f<Turn: P>(_ a: Turn) {}")
        #expect(CodeRules.layersLookDown([upper, lower, local]).isEmpty)
    }

    @Test func `a pure layer that uses the machine is found`() {
        let ring = file("Sources/Cairn/Machine/R.swift", "struct Ring {}")
        let parser = file("Sources/Cairn/Protocol/P.swift", "let a = 1\nlet r: Ring")
        let shard = file("Sources/Cairn/Shard/S.swift", "let r: Ring")
        #expect(CodeRules.pureLayers([ring, parser, shard]).map(\.path) == [parser.path])
    }

    @Test func `pointers and C outside their folders are found`() {
        for text in ["let a: UnsafeRawPointer", "import CShims", "unsafe f()", "import Glibc"] {
            #expect(CodeRules.unsafeStaysInside(code(text)).count == 1)
            let inside = code(text, in: "Sources/Cairn/Machine/A.swift")
            #expect(CodeRules.unsafeStaysInside(inside).isEmpty)
        }
        let control = code("import Glibc", in: "Sources/CairnServer/A.swift")
        #expect(CodeRules.unsafeStaysInside(control).isEmpty)
        #expect(CodeRules.unsafeStaysInside(code("// unsafe\nlet unsafely = 1")).isEmpty)
    }

    @Test func `Foundation on the data path is found`() {
        #expect(CodeRules.noFoundation(code("import Foundation")).count == 1)
        #expect(CodeRules.noFoundation(code("import FoundationEssentials")).count == 1)
        #expect(
            CodeRules.noFoundation(code("import Foundation", in: "Sources/CairnServer/A.swift"))
                .isEmpty)
    }

    @Test func `unsafe wants a SAFETY comment above or inside`() {
        let bare = "func f() {\n    unsafe g()\n}"
        #expect(CodeRules.unsafeIsExplained(code(bare)).map(\.line) == [1])
        #expect(
            CodeRules.unsafeIsExplained(
                code("// SAFETY: ours.\n/// Does.\n@inline(never)\n" + bare)
            ).isEmpty)
        #expect(CodeRules.unsafeIsExplained(code("// SAFETY: other.\n\n" + bare)).count == 1)
        #expect(
            CodeRules.unsafeIsExplained(code("func f() {\n    // SAFETY: ours.\n    unsafe g()\n}"))
                .isEmpty)
        #expect(CodeRules.unsafeIsExplained(code("func f() {\n    safe()\n}")).isEmpty)
    }
}
