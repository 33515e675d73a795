import Testing

/// The scanner that every rule about code stands on.
@Suite struct ScannerTests {
    private func blanked(_ text: String) -> String { CodeScanner.blanked(text) }

    @Test func `comments become blanks of the same width`() {
        #expect(blanked("let a = 1 // unsafe") == "let a = 1          ")
        #expect(blanked("a /* b /* c */ d */ e") == "a                   e")
    }

    @Test func `strings become blanks, with escapes and interpolations`() {
        #expect(blanked(#"f("a\"b", c)"#) == "f(      , c)")
        #expect(blanked(#"f("a\(b("c"))d") + e"#) == "f(    b(   )   ) + e")
        #expect(blanked("f(#\"a\"b\"#)") == "f(       )")
        #expect(blanked("\"\"\"\n{ \"\n\"\"\" {") == "   \n   \n    {")
    }

    @Test func `a quoted name keeps its quotes and loses its words`() {
        #expect(blanked("func `it's { unsafe`() {}") == "func `             `() {}")
    }

    @Test func `an unterminated string ends with its line`() {
        #expect(blanked("\"abc\nlet b") == "    \nlet b")
    }

    @Test func `words know the dot before them`() {
        let words = "a.b(Cd_1, .e)".words
        #expect(words.map { String($0.text) } == ["a", "b", "Cd_1", "e"])
        #expect(words.map(\.afterDot) == [false, true, false, true])
    }

    private func functions(_ text: String) -> [FunctionRange] {
        SourceFile(path: "Sources/A/B.swift", text: text).functions
    }

    @Test func `functions end at their closing brace`() {
        let text = """
            func one(_ f: () -> Void = { }) {
                if x { y() }
            }
            func two() -> Int { 2 }
            """
        #expect(
            functions(text) == [
                FunctionRange(name: "one", first: 1, last: 3),
                FunctionRange(name: "two", first: 4, last: 4),
            ])
    }

    @Test func `a requirement without a body is no function`() {
        let text = """
            protocol P {
                func one() -> Int
                func two(
                    a: Int
                ) throws(E)
                var three: Int { get }
            }
            struct S { let a: Int }
            """
        #expect(functions(text).map(\.name) == ["three"])
    }

    @Test func `initialisers, subscripts and computed properties count, stored ones don't`() {
        let text = """
            init(a: Int) {
                self.init(b: a)
            }
            var stored: Int = 3
            var plain: Int
            var made: [Int] = { [1] }()
            var computed: Int {
                1
            }
            subscript(i: Int) -> Int {
                get { 1 }
            }
            deinit { free() }
            """
        #expect(functions(text).map(\.name) == ["init", "computed", "subscript", "deinit"])
        #expect(functions(text).map(\.length) == [3, 3, 3, 1])
    }

    @Test func `a signature over several lines belongs to its function`() {
        let text = """
            func wide(
                a: Int,
                b: Int
            ) -> Int
            where T: P {
                a
            }
            """
        #expect(functions(text) == [FunctionRange(name: "wide", first: 1, last: 7)])
    }
}
