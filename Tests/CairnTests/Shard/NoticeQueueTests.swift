import Testing

@testable import Cairn

@Suite struct NoticeQueueTests {
    private static func fill(_ memory: borrowing FixedArray<UInt8>, _ length: Int, _ byte: UInt8)
        -> Bytes
    {
        let view = memory.bytes.slice(0, length)
        view.fill(byte)
        return view.bytes
    }

    @Test(arguments: [21, 22] as [UInt64])
    func `notices leave in the order they came, around the ring's end`(seed: UInt64) throws {
        print("replay with seed \(seed)")
        var random = Random(seed: seed)
        var queue = NoticeQueue(shards: 4)
        let memory = FixedArray<UInt8>(repeating: 0, count: 16_384)
        var sent: UInt64 = 0
        var taken: UInt64 = 0
        var lengths = [Int]()
        for _ in 0..<20_000 {
            if random.below(2) == 0, lengths.count < 12 {
                let length = random.below(10) == 0 ? random.below(16_385) : random.below(64)
                sent += 1
                queue.push(
                    Notice(kind: .key, client: sent, other: ~sent),
                    Self.fill(memory, length, UInt8(truncatingIfNeeded: sent)),
                    to: Int(sent % 4))
                lengths.append(length)
            } else if let (notice, key, shard) = queue.peek() {
                taken += 1
                check(notice.client == taken && notice.other == ~taken)
                check(shard == Int(taken % 4))
                check(key.count == lengths.removeFirst())
                if key.count > 0 {
                    check(key[key.count - 1] == UInt8(truncatingIfNeeded: taken))
                }
                queue.pop()
            }
        }
        check(queue.firstLost() == nil)
    }

    @Test func `what does not fit is told as a loss, once the queue is empty`() throws {
        var queue = NoticeQueue(shards: 3)
        let memory = FixedArray<UInt8>(repeating: 0, count: 16_384)
        let key = Self.fill(memory, 16_384, 1)
        for _ in 0..<18 { queue.push(Notice(kind: .key, client: 1), key, to: 2) }
        queue.push(Notice(kind: .gone, client: 1), key, to: 1)
        check(queue.firstLost() == nil, "losses are told after what is queued")
        var queued = 0
        while queue.peek() != nil {
            queue.pop()
            queued += 1
        }
        check(queued == 15)
        var lost = [Int: UInt8]()
        while let (shard, what) = queue.firstLost() {
            lost[shard] = what.rawValue
            queue.clearLost(shard)
        }
        check(lost == [2: NoticeQueue.Lost.keys.rawValue, 1: NoticeQueue.Lost.gone.rawValue])
        check(queue.isEmpty)
    }
}
