import Synchronization
import Testing

@testable import Cairn

@Suite struct TopologyTests {
    /// A machine of `nodes` nodes with `cores` cores each and `threads` threads a core, numbered as
    /// Linux does: all first threads, then all second ones; ids in `offline` are not usable.
    private func machine(
        nodes: Int, cores: Int, threads: Int = 1, offline: Set<Int> = []
    ) -> Topology {
        let physical = nodes * cores
        let all = (0..<physical * threads).map { id in
            Topology.Processor(id: id, node: id % physical / cores, core: id % physical)
        }
        return Topology(processors: all.filter { !offline.contains($0.id) })
    }

    private func ids(_ topology: Topology, _ count: Int?) -> [Int] {
        topology.placement(count: count).map(\.id)
    }

    @Test func `one node fills its cores in order`() {
        #expect(ids(machine(nodes: 1, cores: 4), nil) == [0, 1, 2, 3])
        #expect(ids(machine(nodes: 1, cores: 4), 2) == [0, 1])
    }

    @Test func `two nodes take turns`() {
        let topology = machine(nodes: 2, cores: 4)
        #expect(topology.nodes == [0, 1])
        #expect(ids(topology, nil) == [0, 4, 1, 5, 2, 6, 3, 7])
        #expect(topology.placement(count: 4).map(\.node) == [0, 1, 0, 1])
    }

    @Test func `four nodes share shards evenly at every count`() {
        let topology = machine(nodes: 4, cores: 4, threads: 2)
        for count in 1...32 {
            let nodes = topology.placement(count: count).map(\.node)
            let loads = (0..<4).map { node in nodes.count { $0 == node } }
            #expect(loads.max().map { $0 - (loads.min() ?? 0) } ?? 9 <= 1, "\(count): \(loads)")
            #expect(Set(ids(topology, count)).count == count)
        }
    }

    @Test func `siblings of a core come last, and not at all by default`() {
        let topology = machine(nodes: 1, cores: 2, threads: 2)
        #expect(ids(topology, nil) == [0, 1])
        #expect(ids(topology, 4) == [0, 1, 2, 3])
        #expect(Set(topology.placement(count: 2).map(\.core)).count == 2)
    }

    @Test func `a core whose first thread is offline is used through its sibling`() {
        let topology = machine(nodes: 1, cores: 4, threads: 2, offline: [1, 2, 6])
        // Core 1 is left with thread 5, core 2 with none.
        #expect(ids(topology, nil) == [0, 3, 5])
        #expect(ids(topology, 5) == [0, 3, 5, 4, 7])
    }

    @Test func `a node without usable processors does not exist`() {
        let topology = machine(nodes: 2, cores: 2, offline: [0, 1])
        #expect(topology.nodes == [1])
        #expect(ids(topology, nil) == [2, 3])
    }

    @Test func `uneven nodes give what they have`() {
        let topology = machine(nodes: 2, cores: 3, offline: [4, 5])
        #expect(ids(topology, nil) == [0, 3, 1, 2])
    }

    @Test func `more shards than processors share them in the same order`() {
        #expect(ids(machine(nodes: 1, cores: 2), 5) == [0, 1, 0, 1, 0])
        #expect(ids(Topology(processors: []), 3) == [])
    }

    @Test func `this machine has processors, each pinnable, each with a core`() throws {
        let topology = Topology.ofMachine()
        #expect(!topology.processors.isEmpty)
        #expect(topology.processors.map(\.id) == topology.processors.map(\.id).sorted())
        for processor in topology.processors {
            #expect(processor.node >= 0 && processor.core >= 0)
            #expect(PinnedThread.canPin(to: processor.id, in: topology))
        }
        #expect(!PinnedThread.canPin(to: 100_000, in: topology))
        #expect(!topology.placement(count: nil).isEmpty)
    }

    @Test func `a pinned thread runs on its processor alone`() throws {
        let last = try #require(Topology.ofMachine().processors.last)
        let seen = ProcessorLog()
        let thread = try PinnedThread(name: "pinned", cpu: last.id) {
            seen.ids.withLock { $0 = Topology.ofMachine().processors.map(\.id) }
        }
        thread.join()
        #expect(seen.ids.withLock { $0 } == [last.id])
    }
}

/// The processors a thread found itself allowed to use.
private final class ProcessorLog: Sendable {
    let ids = Mutex<[Int]>([])
}
