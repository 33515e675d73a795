/// Entries of one leaf of the index, collected before anything else touches it: a leaf is a bucket
/// with its overflow chain; what doesn't fit is dropped only if a chain is longer than any hash
/// function makes it.
struct FoundKeys {
    static let capacity = 256
    private var entries = InlineArray<256, UInt32>(repeating: 0)
    private(set) var count = 0

    mutating func append(_ entry: EntryID) {
        ensure(count < Self.capacity, "leaf longer than 256 entries")
        entries[count] = entry.raw
        count += 1
    }

    subscript(position: Int) -> EntryID { EntryID(entries[position]) }
}
