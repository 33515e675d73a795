/// Where the arguments of one command lie in the input.
///
/// One table serves all connections of a shard: it is refilled by each parse and means nothing after
/// the input it was filled from has moved. Arguments of an inline command with quotes do not exist
/// in the input in their unescaped form: those are kept in the table's own scratch memory, which
/// `argument(_:in:)` hides.
package struct ArgumentTable: ~Copyable {
    /// Place of one argument.
    struct Slot: BitwiseCopyable {
        var offset: UInt32
        var length: UInt32
    }

    var slots: FixedArray<Slot>
    /// Unescaped inline arguments: as long as the longest inline command.
    var scratch: FixedArray<UInt8>
    /// Whether the slots refer to `scratch`.
    var isInScratch = false
    /// Number of arguments, the command's name included.
    package internal(set) var count = 0
    /// Index of the first argument the table knows: 0, or what follows a streamed value.
    package internal(set) var first = 0

    package var capacity: Int { slots.count }

    /// 131,072 arguments take 1 MiB; `inlineBytesMax` more for unescaping.
    package init(capacity: Int = 131_072, inlineBytesMax: Int = 64 << 10) {
        slots = FixedArray(repeating: Slot(offset: 0, length: 0), count: capacity)
        scratch = FixedArray(repeating: 0, count: inlineBytesMax)
    }

    /// The bytes of argument `index`; `input` is what was parsed.
    @inline(__always)
    package func argument(_ index: Int, in input: Bytes) -> Bytes {
        ensure(index >= first && index < count, "argument index")
        let slot = slots[index]
        if _slowPath(isInScratch) {
            return scratch.bytes.bytes.slice(Int(slot.offset), Int(slot.length))
        }
        return input.slice(Int(slot.offset), Int(slot.length))
    }
}
