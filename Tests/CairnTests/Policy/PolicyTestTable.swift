@testable import Cairn

/// A table of nothing but what policies see: the kind a simulator would use.
struct PolicyTestTable: ~Copyable, PolicyTable {
    struct Record: BitwiseCopyable {
        var next = PolicyList.none
        var previous = PolicyList.none
        var lastAccess: UInt32 = 0
        var frequency: UInt8 = 0
        var policyState: UInt8 = 0
        var linked = PolicyLink.none
        var band = EvictionBand.normal
        var pinned = false
        var expiry: UInt64 = 0
    }

    var records: FixedArray<Record>

    init(count: Int) { records = FixedArray(repeating: Record(), count: count) }

    subscript(next id: UInt32) -> UInt32 {
        get { records[Int(id)].next }
        set { records[Int(id)].next = newValue }
    }
    subscript(previous id: UInt32) -> UInt32 {
        get { records[Int(id)].previous }
        set { records[Int(id)].previous = newValue }
    }
    subscript(lastAccess id: UInt32) -> UInt32 {
        get { records[Int(id)].lastAccess }
        set { records[Int(id)].lastAccess = newValue }
    }
    subscript(frequency id: UInt32) -> UInt8 {
        get { records[Int(id)].frequency }
        set { records[Int(id)].frequency = newValue }
    }
    subscript(policyState id: UInt32) -> UInt8 {
        get { records[Int(id)].policyState }
        set { records[Int(id)].policyState = newValue }
    }
    subscript(linked id: UInt32) -> PolicyLink {
        get { records[Int(id)].linked }
        set { records[Int(id)].linked = newValue }
    }
    func expiry(_ id: UInt32) -> UInt64 { records[Int(id)].expiry }
    func band(_ id: UInt32) -> EvictionBand { records[Int(id)].band }
    func isPinned(_ id: UInt32) -> Bool { records[Int(id)].pinned }
}
