import Testing

@testable import Cairn

/// What `write` puts into a buffer; also checks that one byte less is refused, and that nothing is
/// written outside the view.
func reply(_ write: (MutableBytes, Int) -> Int?) -> String {
    let room = 8192
    var out = FixedArray<UInt8>(repeating: 0xEE, count: room)
    guard let end = write(out.bytes, 3) else { return "does not fit" }
    let text = out.bytes.bytes.slice(3, end - 3).text
    for short in 3..<end {
        out = FixedArray(repeating: 0xEE, count: room)
        #expect(write(out.bytes.slice(0, short), 3) == nil)
        for index in short..<room where out[index] != 0xEE { Issue.record("wrote outside") }
        if end > 100 { break }
    }
    // Exactly enough is enough.
    out = FixedArray(repeating: 0xEE, count: room)
    #expect(write(out.bytes.slice(0, end), 3) == end)
    for index in end..<room where out[index] != 0xEE { Issue.record("wrote outside") }
    return text
}

@Suite struct ReplyWriterTests {
    @Test func `integers of every length`() {
        for value: Int64 in [
            0, 1, 9, 10, 42, 99, 100, 123, 999, 1000, 12_345, -1, -42, .max, .min,
        ] {
            #expect(reply { ReplyWriter.integer(value, into: $0, at: $1) } == ":\(value)\r\n")
        }
    }

    @Test func `headers of every length`() {
        for count in [0, 1, 9, 10, 99, 100, 999, 1000, 65_536, 536_870_912] {
            #expect(
                reply { ReplyWriter.bulkHeader(length: count, into: $0, at: $1) }
                    == "$\(count)\r\n")
            #expect(reply { ReplyWriter.arrayHeader(count, into: $0, at: $1) } == "*\(count)\r\n")
        }
        for value in 0..<1000 {
            let out = FixedArray<UInt8>(repeating: 0, count: 16)
            let end = ReplyWriter.bulkHeader(length: value, into: out.bytes, at: 0) ?? 0
            #expect(out.bytes.bytes.slice(0, end).text == "$\(value)\r\n")
        }
    }

    @Test func `bulks`() {
        for length in [0, 1, 5, 64, 999, 1000, 4000] {
            let value = String(repeating: "x", count: length)
            let bytes = TestBytes(value)
            let view = bytes.bytes
            #expect(
                reply { ReplyWriter.bulk(view, into: $0, at: $1) } == "$\(length)\r\n\(value)\r\n")
        }
        #expect(reply { ReplyWriter.bulk("redis", into: $0, at: $1) } == "$5\r\nredis\r\n")
        #expect(reply { ReplyWriter.bulkInteger(-15, into: $0, at: $1) } == "$3\r\n-15\r\n")
    }

    @Test func `constants and simple strings`() {
        #expect(reply { ReplyWriter.constant(Reply.ok, into: $0, at: $1) } == "+OK\r\n")
        #expect(reply { ReplyWriter.simple("QUEUED", into: $0, at: $1) } == "+QUEUED\r\n")
        let text = TestBytes("a\r\nb")
        let view = text.bytes
        #expect(reply { ReplyWriter.simple(view, into: $0, at: $1) } == "+a  b\r\n")
    }

    @Test func `RESP3 types and what RESP2 clients get for them`() {
        func both(_ write: (RESPVersion, MutableBytes, Int) -> Int?) -> [String] {
            [reply { write(.resp2, $0, $1) }, reply { write(.resp3, $0, $1) }]
        }
        #expect(both { ReplyWriter.null($0, into: $1, at: $2) } == ["$-1\r\n", "_\r\n"])
        #expect(both { ReplyWriter.nullArray($0, into: $1, at: $2) } == ["*-1\r\n", "_\r\n"])
        #expect(
            both { ReplyWriter.mapHeader(pairs: 7, $0, into: $1, at: $2) } == ["*14\r\n", "%7\r\n"])
        #expect(both { ReplyWriter.setHeader(3, $0, into: $1, at: $2) } == ["*3\r\n", "~3\r\n"])
        #expect(both { ReplyWriter.pushHeader(2, $0, into: $1, at: $2) } == ["*2\r\n", ">2\r\n"])
        #expect(both { ReplyWriter.boolean(true, $0, into: $1, at: $2) } == [":1\r\n", "#t\r\n"])
        #expect(both { ReplyWriter.boolean(false, $0, into: $1, at: $2) } == [":0\r\n", "#f\r\n"])
        #expect(
            both { ReplyWriter.double(1.5, $0, into: $1, at: $2) }
                == ["$3\r\n1.5\r\n", ",1.5\r\n"])
        #expect(
            both { ReplyWriter.double(-.infinity, $0, into: $1, at: $2) }
                == ["$4\r\n-inf\r\n", ",-inf\r\n"])
        let text = TestBytes("Some text")
        let view = text.bytes
        #expect(
            both { ReplyWriter.verbatim(view, format: "txt", $0, into: $1, at: $2) }
                == ["$9\r\nSome text\r\n", "=13\r\ntxt:Some text\r\n"])
    }

    /// Every text is a reply of redis-server 7.0.15.
    @Test func `errors that name a command`() {
        func text(_ error: RESPError) -> String {
            reply { ReplyWriter.error(error, into: $0, at: $1) }
        }
        #expect(text(.syntax) == "-ERR syntax error\r\n")
        #expect(text(.wrongArity(.get)) == "-ERR wrong number of arguments for 'get' command\r\n")
        #expect(
            text(.wrongSubcommandArity(.clientSetname))
                == "-ERR wrong number of arguments for 'client|setname' command\r\n")
        #expect(
            text(.invalidExpireTime(.psetex))
                == "-ERR invalid expire time in 'psetex' command\r\n")
        #expect(
            text(.onlyPubSub(.get))
                == "-ERR Can't execute 'get': only (P|S)SUBSCRIBE / (P|S)UNSUBSCRIBE / PING / "
                + "QUIT / RESET are allowed in this context\r\n")
        #expect(
            text(.debugNotAllowed)
                == "-ERR DEBUG command not allowed. If the enable-debug-command option is set to "
                + "\"local\", you can run it from a local connection, otherwise you need to set "
                + "this option in the configuration file, and then restart the server.\r\n")
        #expect(
            text(.execAborted) == "-EXECABORT Transaction discarded because of previous errors.\r\n"
        )
    }

    @Test func `errors that quote the request`() {
        func text(_ arguments: [String], _ error: RESPError) -> String {
            let request = TestBytes(RESPCorpus.multibulk(arguments.map { Array($0.utf8) }))
            var table = ArgumentTable(capacity: 64)
            let input = request.bytes
            _ = RESPParser.parse(input, from: 0, into: &table, limits: RESPLimits())
            let out = FixedArray<UInt8>(repeating: 0, count: 2048)
            let end = ReplyWriter.error(
                error, arguments: table, in: input, into: out.bytes, at: 0)
            return out.bytes.bytes.slice(0, end ?? 0).text
        }
        let prefix = "-ERR unknown command 'foo', with args beginning with: "
        #expect(text(["foo"], .unknownCommand) == prefix + "\r\n")
        #expect(text(["foo", "a", "b"], .unknownCommand) == prefix + "'a' 'b' \r\n")
        #expect(
            text(["foo", "a\r\nb\u{0}", "x\"y"], .unknownCommand)
                == prefix + "'a  b' 'x\"y' \r\n")
        let z = String(repeating: "z", count: 200)
        #expect(
            text(["foo", z, "bb"], .unknownCommand)
                == prefix + "'\(z.prefix(128))' \r\n")
        let z100 = String(repeating: "z", count: 100)
        let y100 = String(repeating: "y", count: 100)
        #expect(
            text(["foo", z100, y100, "b"], .unknownCommand)
                == prefix + "'\(z100)' '\(y100.prefix(25))' \r\n")
        #expect(
            text([String(repeating: "n", count: 300)], .unknownCommand)
                == "-ERR unknown command '\(String(repeating: "n", count: 128))', "
                + "with args beginning with: \r\n")
        #expect(
            text(["client", "foo"], .unknownSubcommand(.client))
                == "-ERR unknown subcommand 'foo'. Try CLIENT HELP.\r\n")
        #expect(
            text(["slowlog", "get", "1", "2"], .subcommandSyntax(.slowlog))
                == "-ERR unknown subcommand or wrong number of arguments for 'get'. "
                + "Try SLOWLOG HELP.\r\n")
        #expect(
            text(["config", "set", "hz", "x"], .configRefused(argument: 2, because: .immutable))
                == "-ERR CONFIG SET failed (possibly related to argument 'hz') - "
                + "can't set immutable config\r\n")
        #expect(
            text(
                ["config", "set", "a", "1"],
                .configRefused(argument: 2, because: .outOfRange(from: 1, to: 9)))
                == "-ERR CONFIG SET failed (possibly related to argument 'a') - "
                + "argument must be between 1 and 9 inclusive\r\n")
    }

    @Test func `no fixed text is longer than the promised length`() {
        let longest: [RESPError] = [
            .helloNeedsAuth, .frequencyNotTracked, .debugNotAllowed, .onlyPubSub(.cairnInvalidate),
            .wrongSubcommandArity(.commandGetkeysandflags),
        ]
        for error in longest {
            let out = FixedArray<UInt8>(repeating: 0, count: RESPError.textBytesMax + 3)
            #expect(ReplyWriter.error(error, into: out.bytes, at: 0) != nil)
        }
    }
}
