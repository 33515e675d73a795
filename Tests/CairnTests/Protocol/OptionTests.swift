import Testing

@testable import Cairn

/// What `body` gives for the request `words`, or the error's text as a client would read it.
func answer(
    _ words: String, _ body: (borrowing ArgumentTable, Bytes) throws(RESPError) -> String
) -> String {
    let request = TestBytes(RESPCorpus.request(words))
    var arguments = ArgumentTable(capacity: 64)
    let outcome = RESPParser.parse(
        request.bytes, from: 0, into: &arguments, limits: RESPLimits())
    guard case .command = outcome else { return "\(outcome)" }
    do throws(RESPError) {
        return try body(arguments, request.bytes)
    } catch {
        let out = FixedArray<UInt8>(repeating: 0, count: 1024)
        let end = ReplyWriter.error(
            error, arguments: arguments, in: request.bytes, into: out.bytes, at: 0)
        return out.bytes.bytes.slice(1, (end ?? 3) - 3).text
    }
}

/// All expected texts are replies of redis-server 7.0.15.
@Suite struct OptionTests {
    static let now: UInt64 = 1_700_000_000_000

    private func set(_ words: String) -> String {
        answer(words) { (arguments, input) throws(RESPError) in
            let options = try StringOptions.parseSet(arguments, in: input)
            let time = try options.expiry?.resolve(
                arguments, in: input, nowMs: Self.now, for: .set)
            return
                "\(options.condition) \(options.returnsOld) \(options.keepsExpiry) "
                + (time.map(String.init) ?? "-")
        }
    }

    @Test(arguments: [
        ("SET k v", "always false false -"), ("SET k v nx", "ifAbsent false false -"),
        ("SET k v XX GET", "ifPresent true false -"), ("SET k v NX nx", "ifAbsent false false -"),
        ("SET k v KEEPTTL keepttl", "always false true -"),
        ("SET k v EX 10", "always false false 1700000010000"),
        ("SET k v px 10", "always false false 1700000000010"),
        ("SET k v EXAT 10", "always false false 10000"),
        ("SET k v PXAT 10", "always false false 10"),
        ("SET k v EX 10 EX 20", "always false false 1700000020000"),
        ("SET k v NX XX", "ERR syntax error"), ("SET k v EX", "ERR syntax error"),
        ("SET k v EX 10 PX 10", "ERR syntax error"), ("SET k v foo", "ERR syntax error"),
        ("SET k v KEEPTTL EX 10", "ERR syntax error"),
        ("SET k v EX 10 KEEPTTL", "ERR syntax error"),
        ("SET k v PERSIST", "ERR syntax error"),
        ("SET k v EX abc", "ERR value is not an integer or out of range"),
        ("SET k v EX 0", "ERR invalid expire time in 'set' command"),
        ("SET k v EX -1", "ERR invalid expire time in 'set' command"),
        ("SET k v PXAT 0", "ERR invalid expire time in 'set' command"),
        ("SET k v EX 9223372036854775807", "ERR invalid expire time in 'set' command"),
        ("SET k v PX 9223372036854775807", "ERR invalid expire time in 'set' command"),
        ("SET k v EXAT 9223372036854775807", "ERR invalid expire time in 'set' command"),
    ])
    func `SET's options`(words: String, expected: String) {
        #expect(set(words) == expected)
    }

    @Test(arguments: [
        ("GETEX k", "false -"), ("GETEX k PERSIST", "true -"),
        ("GETEX k persist PERSIST", "true -"),
        ("GETEX k EX 5", "false 1700000005000"), ("GETEX k PERSIST EX 10", "ERR syntax error"),
        ("GETEX k EX 10 PERSIST", "ERR syntax error"), ("GETEX k KEEPTTL", "ERR syntax error"),
        ("GETEX k NX", "ERR syntax error"), ("GETEX k foo", "ERR syntax error"),
        ("GETEX k EX 0", "ERR invalid expire time in 'getex' command"),
    ])
    func `GETEX's options`(words: String, expected: String) {
        let found = answer(words) { (arguments, input) throws(RESPError) in
            let options = try StringOptions.parseGetex(arguments, in: input)
            let time = try options.expiry?.resolve(
                arguments, in: input, nowMs: Self.now, for: .getex)
            return "\(options.persists) " + (time.map(String.init) ?? "-")
        }
        #expect(found == expected)
    }

    @Test(arguments: [
        ("EXPIRE k 10", CommandID.expire, "0 1700000010000"),
        ("EXPIRE k -10 XX GT", .expire, "6 1699999990000"),
        ("PEXPIRE k 10 nx NX", .pexpire, "1 1700000000010"),
        ("EXPIREAT k 10 lt", .expireat, "8 10000"), ("PEXPIREAT k -5", .pexpireat, "0 -5"),
        (
            "EXPIRE k 10 NX XX", .expire,
            "ERR NX and XX, GT or LT options at the same time are not compatible"
        ),
        (
            "EXPIRE k abc NX GT", .expire,
            "ERR NX and XX, GT or LT options at the same time are not compatible"
        ),
        (
            "EXPIRE k 10 GT LT", .expire,
            "ERR GT and LT options at the same time are not compatible"
        ),
        ("EXPIRE k 10 foo", .expire, "ERR Unsupported option foo"),
        ("EXPIRE k abc", .expire, "ERR value is not an integer or out of range"),
        (
            "EXPIRE k 9223372036854775807", .expire,
            "ERR invalid expire time in 'expire' command"
        ),
        (
            "EXPIRE k -9223372036854775808", .expire,
            "ERR invalid expire time in 'expire' command"
        ),
        (
            "PEXPIRE k 9223372036854775807", .pexpire,
            "ERR invalid expire time in 'pexpire' command"
        ),
        (
            "EXPIREAT k 9223372036854775807", .expireat,
            "ERR invalid expire time in 'expireat' command"
        ),
    ])
    func `the EXPIRE family's options`(words: String, command: CommandID, expected: String) {
        let found = answer(words) { (arguments, input) throws(RESPError) in
            let options = try ExpireOptions.parse(
                arguments, in: input, nowMs: Self.now, for: command)
            return "\(options.flags.rawValue) \(options.expiresAtMs)"
        }
        #expect(found == expected)
    }

    @Test(arguments: [
        ("SCAN 0", "0 - 10 -"), ("SCAN 5 MATCH a* COUNT 3 TYPE string", "5 a* 3 string"),
        ("SCAN 0 match *", "0 - 10 -"), ("SCAN -1", "18446744073709551615 - 10 -"),
        ("SCAN 007", "7 - 10 -"), ("SCAN abc", "ERR invalid cursor"),
        ("SCAN 99999999999999999999999", "ERR invalid cursor"), ("SCAN 1x", "ERR invalid cursor"),
        ("SCAN 0 COUNT 0", "ERR syntax error"), ("SCAN 0 COUNT -1", "ERR syntax error"),
        ("SCAN 0 COUNT abc", "ERR value is not an integer or out of range"),
        ("SCAN 0 MATCH", "ERR syntax error"), ("SCAN 0 foo bar", "ERR syntax error"),
        ("SCAN 0 TYPE", "ERR syntax error"),
    ])
    func `SCAN's options`(words: String, expected: String) {
        let found = answer(words) { (arguments, input) throws(RESPError) in
            let options = try ScanOptions.parse(arguments, in: input)
            return
                "\(options.cursor) \(options.pattern?.text ?? "-") \(options.count) "
                + (options.type?.text ?? "-")
        }
        #expect(found == expected)
    }

    @Test(arguments: [
        ("COPY a b", "false"), ("COPY a b REPLACE", "true"), ("COPY a b db 0 replace", "true"),
        ("COPY a a", "ERR source and destination objects are the same"),
        ("COPY a b DB abc", "ERR value is not an integer or out of range"),
        ("COPY a b DB 99", "ERR DB index is out of range"), ("COPY a b foo", "ERR syntax error"),
        ("COPY a b DB", "ERR syntax error"),
        (
            "COPY a b DB 99999999999999",
            "ERR value is out of range, value must between -2147483648 and 2147483647"
        ),
    ])
    func `COPY's options`(words: String, expected: String) {
        let found = answer(words) { (arguments, input) throws(RESPError) in
            String(try CopyOptions.parse(arguments, in: input).replaces)
        }
        #expect(found == expected)
    }

    @Test(arguments: [
        ("HELLO", "- - -"), ("HELLO 2", "2 - -"), ("HELLO 3 AUTH u p SETNAME n", "3 u n"),
        ("HELLO 4", "NOPROTO unsupported protocol version"),
        ("HELLO 1", "NOPROTO unsupported protocol version"),
        ("HELLO abc", "ERR Protocol version is not an integer or out of range"),
        ("HELLO 3 foo", "ERR Syntax error in HELLO option 'foo'"),
        ("HELLO 3 auth a", "ERR Syntax error in HELLO option 'auth'"),
        ("HELLO 3 setname", "ERR Syntax error in HELLO option 'setname'"),
        (
            "HELLO 3 setname a\u{7F}",
            "ERR Client names cannot contain spaces, newlines or special characters."
        ),
    ])
    func `HELLO's options`(words: String, expected: String) {
        let found = answer(words) { (arguments, input) throws(RESPError) in
            let options = try HelloOptions.parse(arguments, in: input)
            return (options.version.map { "\($0.rawValue)" } ?? "-")
                + " \(options.user?.text ?? "-") \(options.name?.text ?? "-")"
        }
        #expect(found == expected)
    }

    @Test(arguments: [
        ("CLIENT TRACKING on", 0, "1 0 0"), ("CLIENT TRACKING ON NOLOOP REDIRECT 7", 0, "17 7 0"),
        ("CLIENT TRACKING off BCAST", 3, "0 0 0"),
        ("CLIENT TRACKING on BCAST PREFIX a PREFIX b", 0, "3 0 2"),
        ("CLIENT TRACKING foo", 0, "ERR syntax error"),
        ("CLIENT TRACKING on foo", 0, "ERR syntax error"),
        ("CLIENT TRACKING on redirect", 0, "ERR syntax error"),
        ("CLIENT TRACKING on prefix", 0, "ERR syntax error"),
        (
            "CLIENT TRACKING on redirect abc", 0,
            "ERR value is not an integer or out of range"
        ),
        (
            "CLIENT TRACKING on redirect 0", 0,
            "ERR The client ID you want redirect to does not exist"
        ),
        (
            "CLIENT TRACKING on redirect 1 redirect 2", 0,
            "ERR A client can only redirect to a single other client"
        ),
        (
            "CLIENT TRACKING on bcast optin", 0,
            "ERR OPTIN and OPTOUT are not compatible with BCAST"
        ),
        (
            "CLIENT TRACKING on optin optout", 0,
            "ERR You can't specify both OPTIN mode and OPTOUT mode"
        ),
        (
            "CLIENT TRACKING on prefix foo", 0,
            "ERR PREFIX option requires BCAST mode to be enabled"
        ),
        (
            "CLIENT TRACKING on bcast", 1,
            "ERR You can't switch BCAST mode on/off before disabling tracking for this client, "
                + "and then re-enabling it with a different mode."
        ),
        (
            "CLIENT TRACKING on optout", 5,
            "ERR You can't switch OPTIN/OPTOUT mode before disabling tracking for this client, "
                + "and then re-enabling it with a different mode."
        ),
        (
            "CLIENT TRACKING on bcast prefix foo prefix foobar", 0,
            "ERR Prefix 'foo' overlaps with another provided prefix 'foobar'. Prefixes for a "
                + "single client must not overlap."
        ),
    ])
    func `CLIENT TRACKING's options`(words: String, current: Int, expected: String) {
        let found = answer(words) { (arguments, input) throws(RESPError) in
            let options = try TrackingOptions.parse(
                arguments, in: input,
                current: TrackingOptions.Mode(rawValue: UInt8(current)))
            return "\(options.mode.rawValue) \(options.redirect) \(options.prefixCount)"
        }
        #expect(found == expected)
    }

    @Test func `prefixes are found one after the other`() {
        let found = answer("CLIENT TRACKING on PREFIX prefix BCAST PREFIX b REDIRECT prefix x") {
            (arguments, input) throws(RESPError) in
            var all: [String] = []
            var index = 2
            while let next = TrackingOptions.nextPrefix(after: index, arguments, in: input) {
                all.append(arguments.argument(next, in: input).text)
                index = next
            }
            return all.joined(separator: " ")
        }
        #expect(found == "prefix b")
    }

    @Test(arguments: [
        ("CLIENT KILL ID 5 SKIPME no", "5 - - false"),
        ("CLIENT KILL TYPE pubsub ADDR 1.2.3.4:5", "- pubsub 1.2.3.4:5 true"),
        ("CLIENT KILL ID 0", "ERR client-id should be greater than 0"),
        ("CLIENT KILL ID abc", "ERR client-id should be greater than 0"),
        ("CLIENT KILL TYPE foo", "ERR Unknown client type 'foo'"),
        ("CLIENT KILL USER foo", "ERR No such user 'foo'"),
        ("CLIENT KILL SKIPME maybe", "ERR syntax error"),
        ("CLIENT KILL foo bar", "ERR syntax error"), ("CLIENT KILL ID 1 ADDR", "ERR syntax error"),
    ])
    func `CLIENT KILL's filters`(words: String, expected: String) {
        let found = answer(words) { (arguments, input) throws(RESPError) in
            let filter = try ClientFilter.parseKill(arguments, in: input)
            return (filter.id.map(String.init) ?? "-") + " " + (filter.kind.map { "\($0)" } ?? "-")
                + " \(filter.address?.text ?? "-") \(filter.skipsCaller)"
        }
        #expect(found == expected)
    }

    @Test(arguments: [
        ("CAIRN.PUT k v", "block 0 -"),
        ("CAIRN.PUT k v TYPE Inode PRIORITY 10 TTL 5", "inode 10 1700000000005"),
        (
            "CAIRN.PUT k v TYPE foo",
            "ERR type must be one of block, metadata, directory, inode, xattr"
        ),
        ("CAIRN.PUT k v PRIORITY 11", "ERR priority must be between 0 and 10"),
        ("CAIRN.PUT k v PRIORITY -1", "ERR priority must be between 0 and 10"),
        ("CAIRN.PUT k v TTL 0", "ERR invalid expire time in 'cairn.put' command"),
        ("CAIRN.PUT k v TTL", "ERR syntax error"), ("CAIRN.PUT k v foo 1", "ERR syntax error"),
    ])
    func `CAIRN.PUT's options`(words: String, expected: String) {
        let found = answer(words) { (arguments, input) throws(RESPError) in
            let options = try PutOptions.parse(arguments, in: input, nowMs: Self.now)
            return "\(options.type) \(options.priority) "
                + (options.expiresAtMs.map(String.init) ?? "-")
        }
        #expect(found == expected)
    }

    @Test(arguments: [
        ("CAIRN.GET k", "-"), ("CAIRN.GET k 4096 10", "4096 10"),
        ("CAIRN.GET k 1", "ERR syntax error"),
        ("CAIRN.GET k -1 5", "ERR offset and length must not be negative"),
        ("CAIRN.GET k a 5", "ERR value is not an integer or out of range"),
    ])
    func `CAIRN.GET's range`(words: String, expected: String) {
        let found = answer(words) { (arguments, input) throws(RESPError) in
            try ByteRangeOption.parse(arguments, in: input).map { "\($0.offset) \($0.length)" }
                ?? "-"
        }
        #expect(found == expected)
    }
}
