import Testing

@testable import Cairn

/// Parses `text` once.
func parse(
    _ text: String, capacity: Int = 1024, _ change: (inout RESPLimits) -> Void = { _ in }
) -> (outcome: RESPOutcome, arguments: [String]) {
    var limits = RESPLimits()
    change(&limits)
    var arguments = ArgumentTable(capacity: capacity)
    let input = TestBytes(text)
    let outcome = RESPParser.parse(input.bytes, from: 0, into: &arguments, limits: limits)
    return (outcome, arguments.all(in: input.bytes).map { String(decoding: $0, as: UTF8.self) })
}

@Suite struct RESPParserTests {
    @Test func `a multibulk request gives its arguments and what it consumed`() {
        let result = parse("*3\r\n$3\r\nSET\r\n$1\r\nk\r\n$12\r\nhello\r\nworld\r\nPING\r\n")
        #expect(result.outcome == .command(consumed: 39))
        #expect(result.arguments == ["SET", "k", "hello\r\nworld"])
    }

    @Test(arguments: [0, 1, 9, 10, 11, 99, 100, 101, 999, 1000, 1001, 16_383, 16_384, 70_000])
    func `a value of any length is found`(length: Int) {
        let value = String(repeating: "v", count: length)
        let request = "*2\r\n$4\r\nECHO\r\n$\(length)\r\n\(value)\r\n"
        let result = parse(request)
        #expect(result.outcome == .command(consumed: request.utf8.count))
        #expect(result.arguments == ["ECHO", value])
    }

    @Test(arguments: [1, 9, 10, 11, 100, 1000])
    func `any number of arguments is found`(count: Int) {
        let words = (0..<count).map { "w\($0)" }
        let request = RESPCorpus.request(words.joined(separator: " "))
        let result = parse(String(decoding: request, as: UTF8.self))
        #expect(result.outcome == .command(consumed: request.count))
        #expect(result.arguments == words)
    }

    @Test func `empty requests are consumed without an answer`() {
        #expect(parse("*0\r\nPING\r\n").outcome == .empty(consumed: 4))
        #expect(parse("*-1\r\nPING\r\n").outcome == .empty(consumed: 5))
        #expect(parse("*-9223372036854775808\r\n").outcome == .empty(consumed: 23))
        #expect(parse("\r\nPING\r\n").outcome == .empty(consumed: 2))
        #expect(parse("\nPING\r\n").outcome == .empty(consumed: 1))
        #expect(parse("   \t\r\nPING\r\n").outcome == .empty(consumed: 6))
    }

    /// redis-server 7.0.15 answered each of these with the text given here.
    @Test(arguments: [
        ("*abc\r\n", "Protocol error: invalid multibulk length"),
        ("*03\r\n", "Protocol error: invalid multibulk length"),
        ("*+1\r\n", "Protocol error: invalid multibulk length"),
        ("*\r\n", "Protocol error: invalid multibulk length"),
        ("*2147483648\r\n", "Protocol error: invalid multibulk length"),
        ("*1\r\n$-1\r\n", "Protocol error: invalid bulk length"),
        ("*1\r\n$abc\r\n", "Protocol error: invalid bulk length"),
        ("*1\r\n$600000000\r\n", "Protocol error: invalid bulk length"),
        ("*1\r\n$ 4\r\nping\r\n", "Protocol error: invalid bulk length"),
        ("*1\r\n$04\r\nping\r\n", "Protocol error: invalid bulk length"),
        ("*1\r\nfoo\r\n", "Protocol error: expected '$', got 'f'"),
        ("*1\r\n\roo\r\n", "Protocol error: expected '$', got ' '"),
        ("set \"a b\r\n", "Protocol error: unbalanced quotes in request"),
        ("set \"a\"b c\r\n", "Protocol error: unbalanced quotes in request"),
        ("echo \"a\\\r\n", "Protocol error: unbalanced quotes in request"),
    ])
    func `a malformed request gives Redis's error`(request: String, text: String) throws {
        try expectError(request, text)
    }

    @Test func `a line without an end gives Redis's error`() throws {
        let ones = String(repeating: "1", count: 70_000)
        try expectError("*" + ones, "Protocol error: too big mbulk count string")
        try expectError("*1\r\n$" + ones, "Protocol error: too big bulk count string")
        try expectError(ones, "Protocol error: too big inline request")
    }

    private func expectError(_ request: String, _ text: String) throws {
        guard case .error(let error) = parse(request).outcome else {
            Issue.record("\(parse(request).outcome)")
            return
        }
        let out = FixedArray<UInt8>(repeating: 0, count: 128)
        let end = try #require(ReplyWriter.error(error, into: out.bytes, at: 0))
        #expect(out.bytes.bytes.slice(0, end).text == "-ERR \(text)\r\n")
    }

    @Test func `a length that disagrees with the data is an error, not an offset`() {
        #expect(parse("*1\r\n$4\r\npingxxPING\r\n").outcome == .error(.invalidBulkLength))
        #expect(parse("*1\rX$4\r\nping\r\n").outcome == .error(.invalidMultibulkLength))
        #expect(parse("*1\r\n$4\rXping\r\n").outcome == .error(.invalidBulkLength))
        #expect(parse("*1\r\n$4\r\npingx").outcome == .error(.invalidBulkLength))
        #expect(parse("*1\r\n$100\rX").outcome == .error(.invalidBulkLength))
    }

    @Test func `limits are checked before anything is believed`() {
        #expect(parse("*1025\r\n").outcome == .error(.invalidMultibulkLength))
        #expect(parse("*9\r\n", capacity: 8).outcome == .error(.invalidMultibulkLength))
        #expect(parse("*5\r\n") { $0.argumentsMax = 4 }.outcome == .error(.invalidMultibulkLength))
        #expect(
            parse("*1\r\n$1001\r\n") { $0.bulkBytesMax = 1000 }.outcome
                == .error(.invalidBulkLength))
        #expect(
            parse("*1\r\n$5\r\nabcde\r\n") { $0.bulkBytesMax = 4 }.outcome
                == .error(.invalidBulkLength))
        #expect(
            parse("aaaaaaaaa\r\n") { $0.inlineBytesMax = 8 }.outcome == .error(.inlineTooLong))
        #expect(
            parse("aaaaaaaa\n") { $0.inlineBytesMax = 8 }.outcome == .command(consumed: 9))
    }

    @Test func `before the login only small requests are taken`() {
        let login: (inout RESPLimits) -> Void = { $0.isAuthenticated = false }
        #expect(parse("*11\r\n", login).outcome == .error(.unauthenticatedMultibulkLength))
        #expect(parse("*10\r\n", login).outcome == .needMore(atLeast: 60))
        #expect(parse("*1\r\n$16385\r\n", login).outcome == .error(.unauthenticatedBulkLength))
        #expect(parse("*1\r\n$600000000\r\n", login).outcome == .error(.invalidBulkLength))
        #expect(
            parse("*2\r\n$4\r\nAUTH\r\n$1\r\nx\r\n", login).outcome == .command(consumed: 21))
    }

    @Test(arguments: [
        ("", 1), ("P", 1), ("PING", 1), ("PING\r", 1), ("*", 3), ("*-", 3), ("*0", 2), ("*0\r", 1),
        ("*1", 8), ("*1\r", 7), ("*1\r\n", 6), ("*3\r\n", 18), ("*12", 74), ("*12\r\n", 72),
        ("*1\r\n$", 5), ("*1\r\n$4", 8), ("*1\r\n$4\r", 7), ("*1\r\n$4\r\n", 6),
        ("*1\r\n$4\r\nPI", 4), ("*1\r\n$4\r\nPING", 2), ("*1\r\n$4\r\nPING\r", 1),
        ("*2\r\n$4\r\nPING\r", 7), ("*2\r\n$4\r\nPING\r\n", 6), ("*2\r\n$4\r\nPI", 10),
        ("*1\r\n$-", 3), ("*1\r\n$100", 104), ("*2\r\n$100\r\n", 108),
        // Can only fail; owes the end of its line.
        ("*x", 2), ("*99999999", 2), ("*1\r\n$999999999", 2),
        // Will be streamed as soon as its line is whole.
        ("*1\r\n$99999", 2),
    ])
    func `what is missing is bounded exactly`(request: String, missing: Int) {
        #expect(parse(request).outcome == .needMore(atLeast: missing))
    }

    @Test func `a large value is reported with its place, then the rest is parsed`() throws {
        let head = "*4\r\n$8\r\nSETRANGE\r\n$1\r\nk\r\n$20000\r\n"
        let result = parse(head + "abc")
        let expected = LargeValue(
            argumentIndex: 2, argumentCount: 4, offset: head.utf8.count, length: 20_000,
            consumed: head.utf8.count)
        #expect(result.outcome == .largeValue(expected))
        #expect(result.arguments == ["SETRANGE", "k"])

        var arguments = ArgumentTable(capacity: 16)
        let limits = RESPLimits()
        let rest = TestBytes("\r\n$4\r\nlast\r\nPING\r\n")
        let outcome = RESPParser.resume(
            after: expected, rest.bytes, from: 0, into: &arguments, limits: limits)
        #expect(outcome == .command(consumed: 12))
        #expect(arguments.first == 3 && arguments.count == 4)
        #expect(arguments.argument(3, in: rest.bytes).text == "last")
    }

    @Test func `behind a large value the same bounds and errors hold`() {
        let value = LargeValue(
            argumentIndex: 1, argumentCount: 3, offset: 0, length: 20_000, consumed: 0)
        let cases: [(String, RESPOutcome)] = [
            ("", .needMore(atLeast: 8)), ("\r", .needMore(atLeast: 7)),
            ("\r\n", .needMore(atLeast: 6)), ("x", .error(.invalidBulkLength)),
            ("\rx", .error(.invalidBulkLength)), ("\r\n*", .error(.expectedBulk(got: 0x2A))),
            ("\r\n$1\r\nx\r\n", .command(consumed: 9)),
        ]
        var arguments = ArgumentTable(capacity: 16)
        for (text, expected) in cases {
            let input = TestBytes(text)
            let outcome = RESPParser.resume(
                after: value, input.bytes, from: 0, into: &arguments, limits: RESPLimits())
            #expect(outcome == expected, "\(text)")
        }
    }

    @Test func `a value that is there already is not streamed`() {
        let value = String(repeating: "v", count: 20_000)
        let head = "*2\r\n$4\r\nECHO\r\n$20000\r\n"
        #expect(parse(head + value).outcome == .needMore(atLeast: 2))
        #expect(parse(head + value + "\r").outcome == .needMore(atLeast: 1))
        #expect(parse(head + value + "\r\n").outcome == .command(consumed: 20_024))
    }

    /// redis-server 7.0.15 echoed the same bytes.
    @Test(arguments: [
        ("echo 'a\\'b'\r\n", "a'b"), ("echo \"\\x41\\n\\q\\xzz\"\r\n", "A\nqxzz"),
        ("echo a\u{0B}b\r\n", "a\u{0B}b"), ("echo \u{0B}\u{0C}a\r\n", "a"),
        ("echo a\"b c\"\r\n", "ab c"), ("echo \"\"\r\n", ""), ("echo ''\r\n", ""),
        ("echo \"\\x4\"\r\n", "x4"), ("ec\"ho\" x\r\n", "x"), ("echo x\n", "x"),
        ("  echo \t x  \r\n", "x"), ("echo 'a\\nb'\r\n", "a\\nb"),
        ("echo \"\\r\\t\\b\\a\\\\\\\"\"\r\n", "\r\t\u{08}\u{07}\\\""),
    ])
    func `inline words follow Redis's quoting`(request: String, argument: String) {
        let result = parse(request)
        #expect(result.outcome == .command(consumed: request.utf8.count))
        #expect(result.arguments == ["echo", argument])
    }

    @Test func `many pipelined requests come out in order`() {
        var stream: [UInt8] = []
        for index in 0..<500 {
            stream +=
                index % 5 == 0
                ? Array("get key:\(index)\r\n".utf8)
                : RESPCorpus.request("SET key:\(index) \(index * index)")
        }
        var arguments = ArgumentTable(capacity: 16)
        let transcript = RESPFuzzCheck.transcript(of: stream, &arguments, RESPLimits())
        #expect(transcript.commands.count == 500)
        #expect(transcript.commands[499] == ["SET", "key:499", "249001"].map { Array($0.utf8) })
        #expect(transcript.error == nil)
    }
}
