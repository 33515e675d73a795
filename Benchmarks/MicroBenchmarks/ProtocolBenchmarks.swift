import Benchmark

/// Input with the same command many times, as a pipelining client sends it.
private struct Requests: ~Copyable {
    let input: FixedArray<UInt8>
    let size: Int
    let commands: Int
    var arguments = ArgumentTable()
    let limits = RESPLimits()

    init(_ command: [String], commands: Int = 32) {
        var text = "*\(command.count)\r\n"
        for argument in command { text += "$\(argument.utf8.count)\r\n\(argument)\r\n" }
        self.init(text: text, commands: commands)
    }

    init(text: String, commands: Int = 32) {
        let one = Array(text.utf8)
        size = one.count
        self.commands = commands
        input = ownedBytes((0..<commands).flatMap { _ in one })
    }

    /// Parses `count` commands, from the first again after the last.
    mutating func parse(_ count: Int) {
        let bytes = input.bytes.bytes
        var offset = 0
        for _ in 0..<count {
            guard
                case .command(let consumed) = RESPParser.parse(
                    bytes, from: offset, into: &arguments, limits: limits)
            else { fatalError("not a command") }
            offset += consumed
            if offset == bytes.count { offset = 0 }
        }
        blackHole(arguments.count)
    }
}

/// Requests in, replies out.
func protocolBenchmarks() {
    let key = "key:000000001234"
    let value = String(repeating: "v", count: 64)
    Benchmark.of("parser: GET, key of 16 bytes") {
        Requests(["GET", key])
    } run: {
        $0.parse($1)
    }
    Benchmark.of("parser: SET of 64 bytes") {
        Requests(["SET", key, value])
    } run: {
        $0.parse($1)
    }
    Benchmark.of("parser: MGET of 16 keys") {
        Requests(["MGET"] + Array(repeating: key, count: 16))
    } run: {
        $0.parse($1)
    }
    Benchmark.of("parser: inline GET") {
        Requests(text: "GET \(key)\r\n")
    } run: {
        $0.parse($1)
    }
    replyBenchmarks()
}

/// Where replies are written, and a value to write.
private struct Output: ~Copyable {
    let scratch = FixedArray<UInt8>(repeating: 0, count: 64 << 10)
    let value: FixedArray<UInt8>

    init(valueBytes: Int) { value = ownedBytes([UInt8](repeating: 0x76, count: valueBytes)) }

    /// Writes `count` replies one behind the other, from the start again when `bytesMax` more might
    /// not fit.
    @inline(__always)
    func fill(
        _ count: Int, bytesMax: Int, _ write: (MutableBytes, Int, Int) -> Int?
    ) {
        let out = scratch.bytes
        var position = 0
        for number in 0..<count {
            guard let end = write(out, position, number) else { fatalError("no room") }
            position = end + bytesMax > out.count ? 0 : end
        }
        blackHole(position)
    }
}

private func replyBenchmarks() {
    for size in [64, 1024] {
        Benchmark.of("reply: value of \(size) bytes") {
            Output(valueBytes: size)
        } run: { output, count in
            let value = output.value.bytes.bytes
            // Lengths that differ by a little: the header can't be computed once for all.
            output.fill(count, bytesMax: size + 16) { out, position, number in
                ReplyWriter.bulk(value.slice(0, size &- number & 7), into: out, at: position)
            }
        }
    }
    Benchmark.of("reply: integer") {
        Output(valueBytes: 0)
    } run: { output, count in
        output.fill(count, bytesMax: 24) { out, position, number in
            ReplyWriter.integer(Int64(number), into: out, at: position)
        }
    }
}
