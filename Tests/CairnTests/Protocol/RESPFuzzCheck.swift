@testable import Cairn

/// Properties of the request parser that hold for any bytes whatever.
///
/// `violation(of:)` is called by the libFuzzer target (`tools/fuzz resp`) and by the tests, which
/// replay the corpus and seeded mutations of it, so that both judge by the same rules:
///
/// - nothing crashes, and no view reaches past the input (ASan watches the exact-size copy);
/// - a command's arguments lie inside what it consumed, and encoded anew they parse to themselves;
/// - a proper prefix of a command gives `.needMore` with a bound that the command keeps, never an
///   error; bytes behind a command don't change it;
/// - whatever the pieces the input arrives in, streamed values included, the commands are the same;
/// - the option parsers and the error texts take any arguments.
enum RESPFuzzCheck {
    /// What the parser made of a whole input.
    struct Transcript: Equatable {
        var commands: [[[UInt8]]] = []
        var error: RESPProtocolError?
    }

    /// How much of each input is tried: a fuzzer has many inputs, a test has few.
    struct Effort: Sendable {
        var cuts = 200
        var seeds: ClosedRange<UInt64> = 1...3
        static let test = Effort()
        static let fuzzer = Effort(cuts: 12, seeds: 1...1)
    }

    /// Why `input` shows a fault of the parser; `nil`: it shows none.
    static func violation(of input: [UInt8], effort: Effort = .test) -> String? {
        var arguments = ArgumentTable(capacity: 64, inlineBytesMax: 512)
        for isAuthenticated in [true, false] {
            let limits = limits(isAuthenticated)
            let whole = transcript(of: input, &arguments, limits)
            if let fault = checkFirst(input, effort, &arguments, limits) { return fault }
            for seed in effort.seeds {
                let pieces = Pieces(seed: seed, streamBytesMin: 12)
                let streamed = pieces.transcript(of: input, &arguments, limits)
                if streamed != whole {
                    return "in pieces (seed \(seed)): \(streamed), at once: \(whole)"
                }
            }
            for command in whole.commands.prefix(8) {
                if let fault = checkOptions(command, &arguments) { return fault }
            }
        }
        return nil
    }

    /// Small enough for a fuzzer to reach.
    static func limits(_ isAuthenticated: Bool) -> RESPLimits {
        var limits = RESPLimits()
        limits.argumentsMax = 48
        limits.bulkBytesMax = isAuthenticated ? 4096 : 512 << 20
        limits.inlineBytesMax = 256
        limits.streamBytesMin = .max
        limits.isAuthenticated = isAuthenticated
        return limits
    }

    /// All commands of `input`, parsed one after the other from the whole input.
    static func transcript(
        of input: [UInt8], _ arguments: inout ArgumentTable, _ limits: RESPLimits
    ) -> Transcript {
        let buffer = TestBytes(input)
        var result = Transcript()
        var offset = 0
        while true {
            switch RESPParser.parse(buffer.bytes, from: offset, into: &arguments, limits: limits) {
            case .command(let consumed):
                result.commands.append(arguments.all(in: buffer.bytes))
                offset += consumed
            case .empty(let consumed): offset += consumed
            case .needMore, .largeValue: return result
            case .error(let error):
                result.error = error
                return result
            }
        }
    }

    /// The first command of `input`: its bounds, its prefixes, and its own encoding.
    private static func checkFirst(
        _ input: [UInt8], _ effort: Effort, _ arguments: inout ArgumentTable, _ limits: RESPLimits
    ) -> String? {
        let buffer = TestBytes(input)
        let outcome = RESPParser.parse(buffer.bytes, from: 0, into: &arguments, limits: limits)
        let consumed: Int
        switch outcome {
        case .needMore(let bound):
            return bound >= 1 ? nil : "needMore(\(bound))"
        case .largeValue: return "a large value with streaming off"
        case .error: return nil
        case .empty(let count): consumed = count
        case .command(let count):
            consumed = count
            let all = arguments.all(in: buffer.bytes)
            if all.isEmpty { return "a command without a name" }
            if let fault = checkRoundTrip(all, &arguments, limits) { return fault }
        }
        if consumed < 1 || consumed > input.count { return "consumed \(consumed)" }
        // Every cut of a short input, some of a long one.
        let step = max(1, consumed / effort.cuts)
        for cut in stride(from: 0, to: consumed, by: step) {
            let prefix = TestBytes(Array(input[0..<cut]))
            let early = RESPParser.parse(prefix.bytes, from: 0, into: &arguments, limits: limits)
            guard case .needMore(let bound) = early else {
                return "prefix of \(cut) of \(consumed) bytes gave \(early)"
            }
            if bound < 1 || bound > consumed - cut {
                return "prefix of \(cut) of \(consumed) bytes wants \(bound) more"
            }
        }
        let exact = TestBytes(Array(input[0..<consumed]))
        let alone = RESPParser.parse(exact.bytes, from: 0, into: &arguments, limits: limits)
        return alone == outcome ? nil : "alone \(alone), with a tail \(outcome)"
    }

    /// A parsed command as a multibulk request is the same command, also behind other bytes.
    private static func checkRoundTrip(
        _ command: [[UInt8]], _ arguments: inout ArgumentTable, _ limits: RESPLimits
    ) -> String? {
        var limits = limits
        limits.isAuthenticated = true
        let encoded = RESPCorpus.multibulk(command)
        let buffer = TestBytes([1, 2, 3] + encoded)
        let outcome = RESPParser.parse(buffer.bytes, from: 3, into: &arguments, limits: limits)
        guard outcome == .command(consumed: encoded.count) else { return "re-encoded: \(outcome)" }
        let again = arguments.all(in: buffer.bytes)
        return again == command ? nil : "re-encoded: \(again), was \(command)"
    }

    /// Every option parser takes every command, and every error fits or doesn't, without a crash.
    private static func checkOptions(
        _ command: [[UInt8]], _ arguments: inout ArgumentTable
    ) -> String? {
        let encoded = RESPCorpus.multibulk(command)
        let buffer = TestBytes(encoded)
        _ = RESPParser.parse(buffer.bytes, from: 0, into: &arguments, limits: RESPLimits())
        let name = arguments.argument(0, in: buffer.bytes)
        if let id = CommandTable.lookup(name) {
            let known = CommandTable.spec(id).name.description
            if known != name.text.lowercased() { return "\(name.text) found \(known)" }
            if arguments.count > 1 {
                _ = CommandTable.lookup(id, arguments.argument(1, in: buffer.bytes))
            }
        }
        let out = FixedArray<UInt8>(repeating: 0, count: RESPError.textBytesMax + 3)
        for error in OptionParsers.errors(arguments, in: buffer.bytes) + [.unknownCommand] {
            let end = ReplyWriter.error(
                error, arguments: arguments, in: buffer.bytes, into: out.bytes, at: 0)
            guard let end else { return "the text of \(error) is too long" }
            for index in 0..<(end - 2) where out[index] == 0x0D || out[index] == 0x0A {
                return "a line end inside the text of \(error)"
            }
        }
        return nil
    }
}

/// All option parsers, as far as the argument count allows them to be called.
enum OptionParsers {
    /// The errors they give.
    static func errors(
        _ arguments: borrowing ArgumentTable, in input: Bytes
    ) -> [RESPError] {
        var errors: [RESPError] = []
        do throws(RESPError) { _ = try HelloOptions.parse(arguments, in: input) } catch {
            errors.append(error)
        }
        guard arguments.count >= 2 else { return errors }
        do throws(RESPError) {
            _ = try ScanOptions.parse(arguments, in: input)
        } catch { errors.append(error) }
        do throws(RESPError) {
            let options = try StringOptions.parseGetex(arguments, in: input)
            _ = try options.expiry?.resolve(arguments, in: input, nowMs: 1 << 41, for: .getex)
        } catch { errors.append(error) }
        do throws(RESPError) {
            _ = try ByteRangeOption.parse(arguments, in: input)
        } catch { errors.append(error) }
        guard arguments.count >= 3 else { return errors }
        do throws(RESPError) {
            let options = try StringOptions.parseSet(arguments, in: input)
            _ = try options.expiry?.resolve(arguments, in: input, nowMs: 1 << 41, for: .set)
        } catch { errors.append(error) }
        do throws(RESPError) {
            _ = try ExpireOptions.parse(arguments, in: input, nowMs: 1 << 41, for: .expire)
        } catch { errors.append(error) }
        do throws(RESPError) {
            _ = try CopyOptions.parse(arguments, in: input)
        } catch { errors.append(error) }
        do throws(RESPError) {
            _ = try PutOptions.parse(arguments, in: input, nowMs: 1 << 41)
        } catch { errors.append(error) }
        do throws(RESPError) {
            _ = try TrackingOptions.parse(arguments, in: input, current: [])
        } catch { errors.append(error) }
        do throws(RESPError) {
            _ = try ClientFilter.parseKill(arguments, in: input)
        } catch { errors.append(error) }
        do throws(RESPError) {
            _ = try arguments.longDouble(2, in: input)
            _ = try arguments.integer32(2, in: input)
        } catch { errors.append(error) }
        return errors
    }
}

/// Feeds an input piece by piece, the way a connection does, and streams large values aside.
struct Pieces {
    let seed: UInt64
    let streamBytesMin: Int

    /// All commands of `input`, which arrives in pieces of 1 to 16 bytes; what is there is parsed
    /// again only when the bound of the last attempt is reached.
    func transcript(
        of input: [UInt8], _ arguments: inout ArgumentTable, _ limits: RESPLimits
    ) -> RESPFuzzCheck.Transcript {
        var limits = limits
        limits.streamBytesMin = streamBytesMin
        var random = Random(seed: seed)
        var result = RESPFuzzCheck.Transcript()
        var buffer: [UInt8] = []
        var fed = 0
        var wanted = 1
        // A command whose values are (partly) streamed.
        var pending: [[UInt8]] = []
        var value: LargeValue?
        var hadLastLook = false
        while true {
            while buffer.count < wanted && fed < input.count {
                let count = min(1 + random.below(16), input.count - fed)
                buffer += input[fed..<(fed + count)]
                fed += count
            }
            if buffer.count < wanted {
                // The end: a last look, because what is malformed can be seen before it is whole.
                if hadLastLook || buffer.isEmpty && value == nil { return result }
                hadLastLook = true
            }
            let view = TestBytes(buffer)
            let outcome =
                if let value {
                    RESPParser.resume(
                        after: value, view.bytes, from: 0, into: &arguments, limits: limits)
                } else {
                    RESPParser.parse(view.bytes, from: 0, into: &arguments, limits: limits)
                }
            switch outcome {
            case .needMore(let bound): wanted = buffer.count + bound
            case .command(let consumed):
                result.commands.append(pending + arguments.all(in: view.bytes))
                pending = []
                value = nil
                buffer.removeFirst(consumed)
                wanted = 1
            case .empty(let consumed):
                buffer.removeFirst(consumed)
                wanted = 1
            case .largeValue(let large):
                pending += arguments.all(in: view.bytes)
                buffer.removeFirst(large.consumed)
                guard let bytes = take(large.length, &buffer, &fed, input) else { return result }
                pending.append(bytes)
                value = large
                wanted = 1
            case .error(let error):
                result.error = error
                return result
            }
        }
    }

    /// The value's bytes: those in the buffer, then straight from the wire.
    private func take(
        _ length: Int, _ buffer: inout [UInt8], _ fed: inout Int, _ input: [UInt8]
    ) -> [UInt8]? {
        var bytes = Array(buffer.prefix(length))
        buffer.removeFirst(bytes.count)
        let rest = length - bytes.count
        guard rest <= input.count - fed else { return nil }
        bytes += input[fed..<(fed + rest)]
        fed += rest
        return bytes
    }
}

/// Bytes in memory of exactly their size.
struct TestBytes: ~Copyable {
    private let memory: FixedArray<UInt8>

    init(_ array: [UInt8]) {
        var memory = FixedArray<UInt8>(repeating: 0, count: array.count)
        for index in array.indices { memory[index] = array[index] }
        self.memory = memory
    }

    init(_ text: String) { self.init(Array(text.utf8)) }

    /// The view, good while this value lives.
    var bytes: Bytes { memory.bytes.bytes }
}

extension ArgumentTable {
    /// Every argument the table knows.
    func all(in input: Bytes) -> [[UInt8]] {
        (first..<count).map { argument($0, in: input).array }
    }
}

/// Requests as bytes.
enum RESPCorpus {
    /// `arguments` as a multibulk request.
    static func multibulk(_ arguments: [[UInt8]]) -> [UInt8] {
        var bytes = Array("*\(arguments.count)\r\n".utf8)
        for argument in arguments {
            bytes += Array("$\(argument.count)\r\n".utf8) + argument + [0x0D, 0x0A]
        }
        return bytes
    }

    /// `words`, separated by blanks, as a multibulk request.
    static func request(_ words: String) -> [UInt8] {
        multibulk(words.split(separator: " ").map { Array($0.utf8) })
    }
}
