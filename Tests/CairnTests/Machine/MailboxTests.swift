import Synchronization
import Testing

@testable import Cairn

/// Lanes between two threads: what the thread sanitizer looks at.
@Suite struct MailboxTests {
    /// One side of a lane, for a thread of its own.
    private final class Side: @unchecked Sendable {
        var lane: MailboxLane
        init(_ lane: MailboxLane) { self.lane = lane }
    }

    private static let messages: UInt64 = 20_000

    @Test(arguments: [2, 32]) func `messages between two threads arrive whole and in order`(
        capacity: Int
    ) throws {
        let grid = try MailboxGrid(shards: 2, capacityMax: capacity)
        let writer = Side(grid.lane(from: 0, to: 1, .request))
        let reader = Side(grid.lane(from: 0, to: 1, .request))
        let wrong = Atomic<Int>(0)
        let sender = try PinnedThread(name: "sender", cpu: nil) {
            var number: UInt64 = 0
            while number < Self.messages {
                guard let slot = writer.lane.beginWrite() else { continue }
                for word in 0..<MailboxLane.slotBytes / 8 { slot.store(number, at: 8 * word) }
                writer.lane.publish()
                number += 1
            }
        }
        var number: UInt64 = 0
        while number < Self.messages {
            guard let slot = reader.lane.peek() else { continue }
            for word in 0..<MailboxLane.slotBytes / 8
            where slot.bytes.load(8 * word, as: UInt64.self) != number {
                wrong.add(1, ordering: .relaxed)
            }
            reader.lane.consume()
            number += 1
        }
        sender.join()
        #expect(wrong.load(ordering: .relaxed) == 0)
        #expect(reader.lane.peek() == nil)
    }

    @Test func `a full lane refuses until a message was taken`() throws {
        let grid = try MailboxGrid(shards: 2, capacityMax: 4)
        var writer = grid.lane(from: 1, to: 0, .response)
        var reader = grid.lane(from: 1, to: 0, .response)
        for _ in 0..<4 {
            check(writer.beginWrite() != nil)
            writer.publish()
        }
        check(writer.beginWrite() == nil)
        check(reader.peek() != nil)
        reader.consume()
        check(writer.beginWrite() != nil)
    }

    @Test func `who sleeps is woken once`() throws {
        let grid = try MailboxGrid(shards: 2)
        #expect(!grid.mustWake(1))
        grid.announceSleep(1)
        #expect(grid.mustWake(1))
        #expect(!grid.mustWake(1))
        grid.announceSleep(1)
        grid.announceAwake(1)
        #expect(!grid.mustWake(1))
    }
}
