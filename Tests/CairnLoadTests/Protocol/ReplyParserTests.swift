import Testing

@testable import CairnLoad

/// The reply parser: the same replies come out wherever the stream is cut.
struct ReplyParserTests {
    /// A reply as the parser told it.
    enum Reply: Equatable {
        case ended(ReplyOutcome, text: String)
        case value(String)
        case broken
    }

    /// Parses `text` in pieces that end at `cuts`.
    private func parse(_ text: String, _ kind: LoadProtocol, cuts: [Int] = []) -> [Reply] {
        let bytes = Array(text.utf8)
        var memory = Table<UInt8>(repeating: 0, count: max(bytes.count, 1))
        for (index, byte) in bytes.enumerated() { memory[index] = byte }
        let carry = Table<UInt8>(repeating: 0, count: ReplyParser.carryBytes)
        var parser = ReplyParser(kind)
        var replies: [Reply] = []
        var value: [UInt8]?
        var promised = 0
        var start = 0
        for end in cuts + [bytes.count] {
            let input = memory.bytes.view.slice(start, end - start)
            start = end
            var at = 0
            reading: while true {
                switch parser.next(input, &at, carry: carry.bytes) {
                case .needMore: break reading
                case .whole(let offset, let count):
                    replies.append(.value(input.slice(offset, count).text))
                case .begin(let length):
                    value = []
                    promised = length
                case .chunk(let offset, let count):
                    value? += input.slice(offset, count).array
                case .end(.hit):
                    #expect(value?.count == promised)
                    replies.append(.value(String(decoding: value ?? [], as: UTF8.self)))
                    value = nil
                case .end(let outcome):
                    let text =
                        outcome == .error
                        ? parser.errorText(input, carry: carry.bytes).text : ""
                    replies.append(.ended(outcome, text: text))
                case .broken:
                    return replies + [.broken]
                }
            }
            #expect(at == input.count)
        }
        return replies
    }

    static let resp =
        "$5\r\nhello\r\n+OK\r\n$-1\r\n-OOM no memory\r\n$0\r\n\r\n:12\r\n_\r\n"
        + ">2\r\n$10\r\ninvalidate\r\n*1\r\n$1\r\nk\r\n$12\r\nwith\r\nbreaks\r\n"
        + "%2\r\n+server\r\n$5\r\nredis\r\n+list\r\n*2\r\n:1\r\n$-1\r\n*0\r\n*-1\r\n"
        + "|1\r\n+ttl\r\n:5\r\n$3\r\n$3\r\r\n#t\r\n,1.5\r\n!5\r\nwrong\r\n$1\r\nz\r\n"
    static let respReplies: [Reply] = [
        .value("hello"), .ended(.done, text: ""), .ended(.miss, text: ""),
        .ended(.error, text: "OOM no memory"), .value(""), .ended(.done, text: ""),
        .ended(.miss, text: ""), .value("with\r\nbreaks"), .ended(.done, text: ""),
        .ended(.done, text: ""), .ended(.miss, text: ""), .value("$3\r"),
        .ended(.done, text: ""), .ended(.done, text: ""), .ended(.error, text: ""), .value("z"),
    ]
    static let memcached =
        "VALUE key:1 0 5\r\nhello\r\nEND\r\nEND\r\nSTORED\r\nSERVER_ERROR out of memory\r\n"
        + "VALUE k 0 0\r\n\r\nEND\r\nERROR\r\nNOT_STORED\r\nVALUE k 7 6\r\nEND\r\n!\r\nEND\r\n"
    static let memcachedReplies: [Reply] = [
        .value("hello"), .ended(.miss, text: ""), .ended(.done, text: ""),
        .ended(.error, text: "SERVER_ERROR out of memory"), .value(""),
        .ended(.error, text: "ERROR"), .ended(.error, text: "NOT_STORED"), .value("END\r\n!"),
    ]

    @Test func `RESP replies come out the same at every cut`() {
        let count = Self.resp.utf8.count
        #expect(parse(Self.resp, .resp) == Self.respReplies)
        #expect(parse(Self.resp, .resp, cuts: Array(0..<count)) == Self.respReplies)
        for cut in 0...count {
            #expect(parse(Self.resp, .resp, cuts: [cut]) == Self.respReplies, "cut at \(cut)")
        }
    }

    @Test func `memcached replies come out the same at every cut`() {
        let count = Self.memcached.utf8.count
        #expect(parse(Self.memcached, .memcached) == Self.memcachedReplies)
        #expect(
            parse(Self.memcached, .memcached, cuts: Array(0..<count)) == Self.memcachedReplies)
        for cut in 0...count {
            #expect(parse(Self.memcached, .memcached, cuts: [cut]) == Self.memcachedReplies)
        }
    }

    @Test func `replies come out the same at random cuts`() {
        let seed: UInt64 = 20_260_101
        print("seed \(seed)")
        var random = LoadRandom(seed: seed)
        for _ in 0..<500 {
            let cuts = (0..<8).map { _ in Int(random.below(UInt64(Self.resp.utf8.count))) }
            #expect(parse(Self.resp, .resp, cuts: cuts.sorted()) == Self.respReplies, "\(cuts)")
        }
    }

    @Test(arguments: ["hello\r\n", "$x\r\n", "$5\r\nhelloXX", "$-2\r\n", "\r\n", "*z\r\n"])
    func `what is no reply breaks the connection`(text: String) {
        #expect(parse(text, .resp).last == .broken)
    }

    @Test func `a memcached value without its END breaks the connection`() {
        #expect(parse("VALUE k 0 2\r\nab\r\nSTORED\r\n", .memcached) == [.broken])
    }

    @Test func `an error line longer than the carry keeps its beginning`() {
        let text = "-ERR " + String(repeating: "x", count: 2000) + "\r\n+OK\r\n"
        let replies = parse(text, .resp, cuts: [3, 700])
        guard case .ended(.error, let kept)? = replies.first else {
            Issue.record("no error reply")
            return
        }
        #expect(kept.hasPrefix("ERR xxx") && kept.utf8.count > 400)
        #expect(replies.last == .ended(.done, text: ""))
    }

    @Test func `commands are the bytes the protocols ask for`() {
        func spell(_ kind: LoadProtocol, ttl: Int, keySize: Int?) -> (String, String) {
            let writer = CommandWriter(kind, keySize: keySize, ttlMilliseconds: ttl)
            let area = Table<UInt8>(repeating: 0, count: 256)
            var at = 0
            let key = ByteView("abc")
            writer.beginRead(area.bytes, &at, keyLength: keySize == nil ? 3 : nil)
            area.bytes.copy(key, at: at)
            at += 3
            writer.endRead(area.bytes, &at)
            let read = area.bytes.view.slice(0, at).text
            at = 0
            writer.beginWrite(area.bytes, &at, keyLength: keySize == nil ? 3 : nil)
            area.bytes.copy(key, at: at)
            at += 3
            writer.valueLength(1234, area.bytes, &at)
            area.bytes.copy(ByteView("V"), at: at)
            at += 1
            writer.endWrite(area.bytes, &at)
            return (read, area.bytes.view.slice(0, at).text)
        }
        let writer = CommandWriter(.resp, keySize: 12, ttlMilliseconds: 0)
        let area = Table<UInt8>(repeating: 0, count: 256)
        var at = 0
        writer.read(907, area.bytes, &at)
        writer.beginWrite(12_345_678, length: 70, area.bytes, &at)
        #expect(
            area.bytes.view.slice(0, at).text
                == "*2\r\n$3\r\nGET\r\n$12\r\nkey:00000907\r\n"
                + "*3\r\n$3\r\nSET\r\n$12\r\nkey:12345678\r\n$70\r\n")
        let get = "*2\r\n$3\r\nGET\r\n$3\r\nabc\r\n"
        let set = "$3\r\nSET\r\n$3\r\nabc\r\n$1234\r\nV\r\n"
        #expect(spell(.resp, ttl: 0, keySize: 3) == (get, "*3\r\n" + set))
        #expect(spell(.resp, ttl: 0, keySize: nil) == (get, "*3\r\n" + set))
        #expect(
            spell(.resp, ttl: 1500, keySize: 3)
                == (get, "*5\r\n" + set + "$2\r\nPX\r\n$4\r\n1500\r\n"))
        #expect(
            spell(.memcached, ttl: 1500, keySize: 3) == ("get abc\r\n", "set abc 0 2 1234\r\nV\r\n")
        )
    }
}
