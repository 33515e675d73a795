import CShims
import Glibc

/// Direct I/O on files and block devices through the shard's ring.
extension RingEngine {
    package mutating func register(
        file descriptor: Int32, alignment: DirectAlignment
    ) -> FileSlot? {
        guard fileCount < filesMax else { return nil }
        let index = firstFile + fileCount
        guard ring.setFile(index, descriptor) else { return nil }
        fileCount += 1
        return FileSlot(index: Int32(index), alignment: alignment)
    }

    @inline(__always)
    private func check(_ file: FileSlot, _ offset: UInt64, _ count: Int) {
        if let problem = file.misalignment(offset: offset, count: count) {
            ensureFailed(problem, #fileID, #line)
        }
    }

    // SAFETY: the caller keeps `destination` mapped and to itself until the completion.
    package mutating func read(
        _ file: FileSlot, offset: UInt64, into destination: MutableBytes, token: Token
    ) {
        check(file, offset, destination.count)
        ensure(file.fits(destination.bytes), "disk read into misaligned memory")
        unsafe cairn_prep_file(
            ring.next(), Int32(IORING_OP_READ.rawValue), file.index, destination.base,
            UInt32(destination.count), offset, 0, token.raw)
    }

    package mutating func appendToVector(_ destination: MutableBytes) -> Bool {
        appendToVector(destination.bytes)
    }

    // SAFETY: the caller keeps the pieces mapped and to itself until the completion.
    package mutating func readVector(_ file: FileSlot, offset: UInt64, token: Token) {
        prepareVector(Int32(IORING_OP_READV.rawValue), file, offset, 0, token)
    }

    // SAFETY: the caller keeps `bytes` unchanged until the completion.
    package mutating func write(
        _ file: FileSlot, offset: UInt64, _ bytes: Bytes, durable: Bool, token: Token
    ) {
        check(file, offset, bytes.count)
        ensure(file.fits(bytes), "disk write from misaligned memory")
        unsafe cairn_prep_file(
            ring.next(), Int32(IORING_OP_WRITE.rawValue), file.index,
            UnsafeMutableRawPointer(mutating: bytes.base), UInt32(bytes.count), offset,
            durable ? CAIRN_WRITE_DURABLE : 0, token.raw)
    }

    package mutating func writeVector(
        _ file: FileSlot, offset: UInt64, durable: Bool, token: Token
    ) {
        prepareVector(
            Int32(IORING_OP_WRITEV.rawValue), file, offset, durable ? CAIRN_WRITE_DURABLE : 0,
            token)
    }

    // SAFETY: the vector stays untouched until the kernel entry, which copies it; the pieces are
    // the caller's promise.
    private mutating func prepareVector(
        _ operation: Int32, _ file: FileSlot, _ offset: UInt64, _ flags: Int32, _ token: Token
    ) {
        let entry = unsafe ring.next()
        unsafe takeVector { first, count in
            var total = 0
            for index in 0..<count {
                let piece = unsafe first[index]
                let memory = unsafe Bytes(piece.iov_base, count: piece.iov_len)
                ensure(file.fits(memory), "disk I/O with misaligned memory")
                total += memory.count
            }
            if let problem = file.misalignment(offset: offset, count: total) {
                ensureFailed(problem, #fileID, #line)
            }
            unsafe cairn_prep_file_vector(
                entry, operation, file.index, first, UInt32(count), offset, flags, token.raw)
        }
    }

    // SAFETY: the entry is this turn's own.
    package mutating func syncData(_ file: FileSlot, token: Token) {
        unsafe cairn_prep_sync_data(ring.next(), file.index, token.raw)
    }
}
