/// A GET or SET in the form nearly every client sends it, as it lies in the input.
struct PlainCommand: BitwiseCopyable {
    var hash: UInt64 = 0
    /// Where the command starts, and where the next one does.
    var start: Int32 = 0
    var end: Int32 = 0
    var keyStart: Int32 = 0
    var keyCount: Int32 = 0
    var valueStart: Int32 = 0
    /// -1: a GET.
    var valueCount: Int32 = 0
    /// The entry it is likely about.
    var guess = EntryID.none
    /// Whether this shard owns the key.
    var isLocal = false
}

/// The next commands of a pipeline, as long as they are plain GETs and SETs: read once, byte for
/// byte in the commonest form, so that the memory of all of them is on its way from RAM before the
/// first is served.
///
/// Without this a GET of a cold key waits for memory three times in a row (bucket, entry, chunk),
/// and the general parser fills a table of arguments that two commands don't need. Everything that
/// is not exactly `*2 GET key` or `*3 SET key value` with short lengths is left to `RESPParser`:
/// options, inline commands, unusual numbers, whatever is incomplete or wrong.
///
/// - Invariant: `commands[next..<count]` follow one another without a gap.
struct PlainRun: ~Copyable {
    /// Commands read ahead: enough for the first of them to have arrived from memory (about 100 ns)
    /// when the last has been asked for; four cache lines each fit the first-level cache.
    static var capacity: Int { 16 }
    /// A SET's value has at most four digits of length: larger ones gain nothing from this.
    static var valueDigitsMax: Int { 4 }

    private var commands = FixedArray(repeating: PlainCommand(), count: Self.capacity)
    private(set) var count = 0
    private(set) var next = 0

    subscript(index: Int) -> PlainCommand {
        @inline(__always) get { commands[index] }
    }

    /// Whether the next command read ahead is the one at `position`.
    @inline(__always)
    func continues(at position: Int) -> Bool {
        next < count && Int(commands[next].start) == position
    }

    /// Forgets what was read ahead.
    @inline(__always)
    mutating func clear() {
        count = 0
        next = 0
    }

    /// The next command has been served, or is left to the general parser.
    @inline(__always)
    mutating func drop() { next &+= 1 }

    /// Reads ahead from `position`; how many commands were found. Values longer than `valueMax` are
    /// left to the parser, which knows what to answer.
    mutating func collect(_ input: Bytes, from position: Int, valueMax: Int) -> Int {
        clear()
        var cursor = position
        while count < Self.capacity {
            guard let command = Self.command(in: input, at: cursor, valueMax: valueMax) else {
                break
            }
            commands[count] = command
            count &+= 1
            cursor = Int(command.end)
        }
        return count
    }

    /// Notes whose key it is.
    @inline(__always)
    mutating func setKey(_ index: Int, hash: UInt64, isLocal: Bool) {
        commands[index].hash = hash
        commands[index].isLocal = isLocal
    }

    @inline(__always)
    mutating func setGuess(_ index: Int, _ guess: EntryID) { commands[index].guess = guess }

    // MARK: Reading

    /// `*2\r\n$3\r\n` and `*3\r\n$3\r\n`, little-endian.
    private static var getHead: UInt64 { 0x0A0D_3324_0A0D_322A }
    private static var setHead: UInt64 { 0x0A0D_3324_0A0D_332A }
    /// `get\r\n$`, letters in lower case.
    private static var getName: UInt64 { 0x0000_240A_0D74_6567 }
    private static var setName: UInt64 { 0x0000_240A_0D74_6573 }
    private static var lowercase: UInt64 { 0x0000_0000_0020_2020 }
    private static var lineEnd: UInt16 { 0x0A0D }

    /// The command at `position`, if it is whole and plain.
    @inline(__always)
    private static func command(in input: Bytes, at position: Int, valueMax: Int) -> PlainCommand? {
        guard position &+ 24 <= input.count, input.count <= Int(Int32.max) else { return nil }
        let head = input.load(position, as: UInt64.self)
        let name =
            (input.load(position &+ 8, as: UInt64.self) & 0x0000_FFFF_FFFF_FFFF) | lowercase
        let isGet = head == getHead && name == getName
        guard isGet || head == setHead && name == setName else { return nil }
        var command = PlainCommand()
        command.start = Int32(truncatingIfNeeded: position)
        guard let key = bulk(input, at: position &+ 14, digitsMax: 3) else { return nil }
        command.keyStart = Int32(truncatingIfNeeded: key.start)
        command.keyCount = Int32(truncatingIfNeeded: key.count)
        var end = key.start &+ key.count &+ 2
        command.valueCount = -1
        if !isGet {
            guard end < input.count, input[end] == UInt8(ascii: "$"),
                let value = bulk(input, at: end &+ 1, digitsMax: valueDigitsMax),
                value.count <= valueMax
            else { return nil }
            command.valueStart = Int32(truncatingIfNeeded: value.start)
            command.valueCount = Int32(truncatingIfNeeded: value.count)
            end = value.start &+ value.count &+ 2
        }
        command.end = Int32(truncatingIfNeeded: end)
        return command
    }

    /// The bulk string whose length is written at `position`: where it starts, and its length,
    /// which has no leading zero and is not zero. Both line ends are there.
    @inline(__always)
    private static func bulk(
        _ input: Bytes, at position: Int, digitsMax: Int
    ) -> (start: Int, count: Int)? {
        var cursor = position
        var count = 0
        while cursor < input.count {
            let digit = input[cursor] &- UInt8(ascii: "0")
            if digit > 9 { break }
            count = count &* 10 &+ Int(digit)
            cursor &+= 1
            if count == 0 || cursor &- position > digitsMax { return nil }
        }
        guard count > 0, cursor &+ count &+ 4 <= input.count,
            input.load(cursor, as: UInt16.self) == lineEnd,
            input.load(cursor &+ count &+ 2, as: UInt16.self) == lineEnd
        else { return nil }
        return (cursor &+ 2, count)
    }
}
