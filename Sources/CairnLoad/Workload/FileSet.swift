import Cairn
import Foundation

/// The files of a directory, read into memory once: paths are keys, contents are values.
///
/// A copy, so that a file that changes meanwhile doesn't look like a fault of the server.
/// Read-only once made, shared by all load threads.
package final class FileSet: @unchecked Sendable {
    private struct Entry {
        var path: Int
        var pathCount: Int
        var content: Int
        var contentCount: Int
    }
    private var entries: [Entry] = []
    private var memory: Table<UInt8>
    /// Longest path in bytes.
    package private(set) var pathMax = 1
    /// Files left out, by reason.
    package private(set) var skipped: [String: Int] = [:]
    package private(set) var contentBytes = 0

    /// Reads regular files below `directory` that the protocol can carry, `bytesMax` in total.
    package init(
        directory: String, bytesMax: Int, kind: LoadProtocol
    ) throws(LoadError) {
        let isText = kind == .memcached
        // memcached's defaults; RESP: the longest key, and the default of `max_value_size`.
        let keyMax = isText ? 250 : 16_384
        let valueMax = isText ? 1 << 20 : 64 << 20
        memory = Table(repeating: 0, count: bytesMax)
        let root = URL(fileURLWithPath: directory).standardizedFileURL.path
        guard let walker = FileManager.default.enumerator(atPath: root) else {
            throw .usage("\(directory) is no directory that can be read")
        }
        var used = 0
        for case let name as String in walker {
            let path = root + "/" + name
            guard walker.fileAttributes?[.type] as? FileAttributeType == .typeRegular else {
                continue
            }
            let size = (walker.fileAttributes?[.size] as? Int) ?? 0
            let key = Array(path.utf8)
            if key.count > keyMax || isText && key.contains(where: { $0 <= 32 || $0 == 127 }) {
                skip("paths that are no keys")
            } else if size > valueMax {
                skip("larger than the value limit")
            } else if used + key.count + size > bytesMax {
                skip("beyond --files-bytes")
            } else if let data = FileManager.default.contents(atPath: path), data.count <= size {
                add(key, data, &used)
            } else {
                skip("unreadable")
            }
        }
        if entries.isEmpty { throw .usage("no files to store in \(directory): \(skipped)") }
    }

    private func skip(_ reason: String) { skipped[reason, default: 0] += 1 }

    private func add(_ key: [UInt8], _ data: Data, _ used: inout Int) {
        let bytes = memory.bytes
        for (index, byte) in key.enumerated() { bytes[used + index] = byte }
        let content = used + key.count
        var at = content
        for byte in data {
            bytes[at] = byte
            at += 1
        }
        entries.append(
            Entry(path: used, pathCount: key.count, content: content, contentCount: data.count))
        pathMax = max(pathMax, key.count)
        contentBytes += data.count
        used = at
    }

    package var count: Int { entries.count }
    package func path(_ index: Int) -> ByteView {
        memory.bytes.view.slice(entries[index].path, entries[index].pathCount)
    }
    package func content(_ index: Int) -> ByteView {
        memory.bytes.view.slice(entries[index].content, entries[index].contentCount)
    }
    /// Where a file's content begins in the set's memory.
    func place(_ index: Int) -> Int { entries[index].content }
    /// Bytes of the set's memory.
    func bytes(_ offset: Int, _ count: Int) -> ByteView { memory.bytes.view.slice(offset, count) }
}
