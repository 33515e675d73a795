import Testing

@testable import Cairn

/// A command as the run or the parser saw it.
private struct Seen: Equatable {
    var arguments: [[UInt8]]
    var end: Int
}

@Suite struct PlainRunTests {
    /// What a run reads from `input`, and whether its parts fit together.
    private func run(_ input: Bytes, valueMax: Int = 1 << 20) -> [Seen] {
        var run = PlainRun()
        let count = run.collect(input, from: 0, valueMax: valueMax)
        var seen: [Seen] = []
        var position = 0
        for index in 0..<count {
            let command = run[index]
            check(Int(command.start) == position)
            position = Int(command.end)
            let isGet = command.valueCount < 0
            let name = input.slice(Int(command.start) + 8, 3).array
            let key = input.slice(Int(command.keyStart), Int(command.keyCount)).array
            let value =
                isGet
                ? [] : [input.slice(Int(command.valueStart), Int(command.valueCount)).array]
            #expect(
                String(decoding: name, as: UTF8.self).uppercased() == (isGet ? "GET" : "SET"))
            seen.append(Seen(arguments: [name, key] + value, end: position))
        }
        return seen
    }

    /// What the parser makes of the first `count` commands.
    private func parsed(_ input: Bytes, _ count: Int) -> [Seen] {
        var arguments = ArgumentTable(capacity: 16)
        var seen: [Seen] = []
        var position = 0
        while seen.count < count {
            let outcome = RESPParser.parse(
                input, from: position, into: &arguments, limits: RESPLimits())
            guard case .command(let consumed) = outcome else { return seen }
            position += consumed
            seen.append(Seen(arguments: arguments.all(in: input).map { Array($0) }, end: position))
        }
        return seen
    }

    private func request(_ words: [[UInt8]]) -> [UInt8] {
        words.reduce(into: Array("*\(words.count)\r\n".utf8)) { bytes, word in
            bytes += Array("$\(word.count)\r\n".utf8) + word + Array("\r\n".utf8)
        }
    }

    @Test func `plain commands are read up to the first that is not`() {
        let input = TestBytes(
            "*2\r\n$3\r\nGET\r\n$1\r\na\r\n*3\r\n$3\r\nset\r\n$2\r\nbc\r\n$4\r\nd\r\ne\r\n"
                + "*1\r\n$4\r\nPING\r\n*2\r\n$3\r\nGET\r\n$1\r\na\r\n")
        let seen = run(input.bytes)
        #expect(seen.count == 2)
        #expect(seen == parsed(input.bytes, 2))
    }

    @Test func `at most its capacity is read ahead`() {
        let one = "*2\r\n$3\r\nGET\r\n$1\r\na\r\n"
        let input = TestBytes(String(repeating: one, count: PlainRun.capacity + 5))
        #expect(run(input.bytes).count == PlainRun.capacity)
    }

    @Test(arguments: [
        "*2\r\n$3\r\nGET\r\n$0\r\n\r\n*1\r\n", "*2\r\n$3\r\nGET\r\n$01\r\na\r\n*1\r\n",
        "*2\r\n$3\r\nGET\r\n$1\r\naXX*1\r\n*1\r\n", "*2\r\n$3\r\nGET\r\n$1\n\naa\r\n*1\r\n",
        "*2\r\n$3\r\nGET\r\n$-1\r\na\r\n*1\r\n", "*2\r\n$3\r\nGET\r\n$+1\r\na\r\n*1\r\n",
        "*3\r\n$3\r\nSET\r\n$1\r\na\r\n#1\r\nb\r\n",
        "*3\r\n$3\r\nSET\r\n$1\r\na\r\n$99999\r\nb\r\n",
        "*2\r\n$3\r\nGETS$1\r\na\r\n*1\r\n*1\r\n", "*3\r\n$3\r\nGET\r\n$1\r\na\r\n$1\r\nb\r\n",
        "*2\r\n$3\r\nSET\r\n$1\r\na\r\n*1\r\n", "*2\r\n$3\r\nGET\r\n$5\r\nabc",
    ])
    func `what is unusual is left to the parser`(text: String) {
        let input = TestBytes(text)
        #expect(run(input.bytes) == [])
    }

    @Test func `a value above the limit is left to the parser`() {
        let input = TestBytes("*3\r\n$3\r\nSET\r\n$1\r\na\r\n$9\r\nvvvvvvvvv\r\n")
        #expect(run(input.bytes, valueMax: 9).count == 1)
        #expect(run(input.bytes, valueMax: 8) == [])
    }

    @Test(arguments: 1...40)
    func `the parser agrees with a run, also where the input is damaged`(seed: UInt64) {
        var random = Random(seed: seed)
        for _ in 0..<300 {
            var bytes: [UInt8] = []
            for _ in 0..<1 + random.below(5) {
                let isGet = random.below(2) == 0
                var words = [Array((isGet ? "GeT" : "SEt").utf8)]
                for _ in 0..<(isGet ? 1 : 2) {
                    words.append((0..<random.below(30)).map { _ in UInt8(random.below(256)) })
                }
                bytes += request(words)
            }
            // One byte changes, or the end is missing.
            switch random.below(3) {
            case 0:
                bytes[random.below(bytes.count)] =
                    Array("\r\n$*0123456789+-gG".utf8)[random.below(18)]
            case 1: bytes.removeLast(random.below(bytes.count))
            default: break
            }
            let input = TestBytes(bytes)
            let seen = run(input.bytes)
            #expect(seen == parsed(input.bytes, seen.count), "\(bytes)")
        }
    }
}
