/// Placeholder.
struct Followers: ~Copyable {
    init(capacity: Int) {}
    func publish(to stats: ShardStats) {}
}
extension Shard where Engine: ~Copyable {
    @inline(__always) func isFollowed(_ key: Bytes, _ hash: UInt64) -> Bool { false }
    mutating func noteChange(_ key: Bytes, hash: UInt64) {}
    mutating func noteTrackedRead(_ key: Bytes, hash: UInt64, entry: EntryID?) {}
    mutating func noteFlush() {}
    mutating func leaveFollowers(_ place: Int32) {}
    mutating func serveInvalidate(_ message: Message) {}
    mutating func servePublish(_ message: Message, from other: Int) {}
    mutating func serveNotify(_ message: Message) {}
    mutating func drainRemovals() {}
    mutating func controlCount(_ control: Control, _ input: Bytes) -> Int? { 0 }
    mutating func controlList(_ control: Control, _ input: Bytes, into large: Int32) -> Int { 0 }
    mutating func pubsubCommand(_ place: Int32, _ input: Bytes, _ id: CommandID) -> Step { .done }
    mutating func adminCommand(_ place: Int32, _ input: Bytes, _ id: CommandID) -> Step {
        emitOK()
        return .done
    }
    mutating func logSlow(_ place: Int32, _ input: Bytes, _ id: CommandID, nanoseconds: UInt64) {}
    mutating func executeTwoKeys(_ place: Int32, _ input: Bytes, _ id: CommandID) -> Step { .done }
    mutating func transferAnswered(_ call: RemoteCall, _ message: Message, from other: Int) {}
    mutating func publishDeltas(_ memory: L1Statistics) {}
}
