import CShims
import Glibc

/// The processors this process may use and the memory node of each.
///
/// A value: the machine's own comes from libnuma and the affinity mask; tests make fakes. With one
/// node the same code runs, every processor on node 0.
package struct Topology: Sendable, Equatable {
    /// A processor and where it stands.
    package struct Processor: Sendable, Equatable {
        package var id: Int
        package var node: Int
        /// Processors with the same number share one physical core.
        package var core: Int
        package init(id: Int, node: Int, core: Int) {
            self.id = id
            self.node = node
            self.core = core
        }
    }

    /// Usable processors in ascending order of their ids.
    package var processors: [Processor]
    /// Nodes that have usable processors, ascending.
    package var nodes: [Int] { Array(Set(processors.map(\.node))).sorted() }

    package init(processors: [Processor]) { self.processors = processors }

    // SAFETY: fills a local array of the stated capacity.
    /// The machine's topology.
    package static func ofMachine() -> Topology {
        var ids = [Int32](repeating: 0, count: 1024)
        let count = unsafe ids.withUnsafeMutableBufferPointer {
            unsafe cairn_usable_cpus($0.baseAddress, Int32($0.count))
        }
        let hasNUMA = numa_available() >= 0
        return Topology(
            processors: ids.prefix(Int(count)).map { id in
                let node = hasNUMA ? max(0, Int(numa_node_of_cpu(id))) : 0
                return Processor(id: Int(id), node: node, core: coreNumber(of: Int(id)))
            })
    }

    /// The first sibling's id of a processor's core, from sysfs; its own id when sysfs has none.
    private static func coreNumber(of id: Int) -> Int {
        let path = "/sys/devices/system/cpu/cpu\(id)/topology/thread_siblings_list"
        guard let text = readSmallFile(path) else { return id }
        return Int(text.prefix { $0.isNumber }) ?? id
    }

    /// Processors for `count` shards (`nil`: one for each usable core), in the order shards take
    /// them: physical cores first, spread over the nodes in turn, then their siblings.
    package func placement(count: Int?) -> [Processor] {
        let first = processors.filter { p in
            !processors.contains { $0.core == p.core && $0.id < p.id }
        }
        let rest = processors.filter { !first.contains($0) }
        let order = interleaved(first) + interleaved(rest)
        let wanted = count ?? first.count
        guard !order.isEmpty else { return [] }
        return (0..<wanted).map { order[$0 % order.count] }
    }

    /// Takes processors from each node in turn.
    private func interleaved(_ list: [Processor]) -> [Processor] {
        var queues = nodes.map { node in list.filter { $0.node == node }[...] }
        var result: [Processor] = []
        while result.count < list.count {
            for index in queues.indices {
                if let next = queues[index].popFirst() { result.append(next) }
            }
        }
        return result
    }
}

// SAFETY: reads into a local array of the stated size.
/// The first 4 KiB of a small text file, or `nil`.
package func readSmallFile(_ path: String) -> String? {
    let descriptor = unsafe open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { return nil }
    defer { close(descriptor) }
    var bytes = [UInt8](repeating: 0, count: 4096)
    let count = unsafe read(descriptor, &bytes, bytes.count)
    guard count >= 0 else { return nil }
    return String(decoding: bytes.prefix(count), as: UTF8.self)
}
