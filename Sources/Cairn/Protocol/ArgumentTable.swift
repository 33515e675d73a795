/// Where the arguments of one command lie in the input.
///
/// One table serves all connections of a shard: each parse refills it, and it means nothing once
/// the input it was filled from has moved. The arguments of an inline command with quotes exist
/// nowhere in the input in their unescaped form; the table keeps those in scratch memory of its
/// own, which `argument(_:in:)` hides.
///
/// - Invariant: slots `first ..< count` lie inside the input (or the scratch memory).
/// - Limits: offsets are 32 bits, so an input view is at most 4 GiB - 1.
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
    /// Number of arguments known, the command's name included; after `.largeValue` those before it.
    package internal(set) var count = 0
    /// Index of the first argument the table knows: 0, or the one behind a streamed value.
    package internal(set) var first = 0

    /// Most arguments a command may have.
    package var capacity: Int { slots.count }

    /// 131,072 arguments take 1 MiB, and unescaping takes `inlineBytesMax` more.
    package init(capacity: Int = 131_072, inlineBytesMax: Int = 64 << 10) {
        slots = FixedArray(repeating: Slot(offset: 0, length: 0), count: capacity)
        scratch = FixedArray(repeating: 0, count: inlineBytesMax)
    }

    /// The bytes of argument `index`; `input` is what was parsed. Valid until the next parse.
    @inline(__always)
    package func argument(_ index: Int, in input: Bytes) -> Bytes {
        ensure(index >= first && index < count, "argument index")
        let slot = slots[index]
        if _slowPath(isInScratch) {
            return scratch.bytes.bytes.slice(Int(slot.offset), Int(slot.length))
        }
        return input.slice(Int(slot.offset), Int(slot.length))
    }

    /// Where argument `index` starts in the input; not for arguments of quoted inline commands.
    package func offset(of index: Int) -> Int? {
        ensure(index >= first && index < count, "argument index")
        return isInScratch ? nil : Int(slots[index].offset)
    }

    /// Forgets everything: what a failed parse leaves.
    mutating func clear() {
        count = 0
        first = 0
        isInScratch = false
    }
}
