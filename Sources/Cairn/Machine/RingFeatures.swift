import CShims
import Glibc

/// What this kernel's io_uring can do, found out once at start.
///
/// The floor is Linux 6.1 (Debian 12): below it the start is refused with a remedy. What is newer
/// is used where it is there.
package struct RingFeatures: Sendable, Equatable {
    /// IORING_OP_SENDMSG_ZC (6.1).
    package var zeroCopySend = false
    /// The notification tells whether the kernel copied after all (6.2).
    package var zeroCopyReport = false
    /// One completion for several receive buffers (6.10).
    package var receiveBundles = false
    /// Release of the running kernel, such as "6.1.0-44-amd64".
    package var kernelRelease = ""

    package init() {}

    // SAFETY: the probe is allocated by liburing and freed here; uname fills a local.
    /// Asks the running kernel.
    package static func probe() throws(MachineError) -> RingFeatures {
        var features = RingFeatures()
        var name = utsname()
        if unsafe uname(&name) == 0 {
            features.kernelRelease = unsafe withUnsafeBytes(of: &name.release) {
                unsafe String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self)
            }
        }
        // The flags are the floor: a ring that can't be made says why.
        var ring = try Ring(submissions: 8, completions: 16)
        guard let probe = unsafe io_uring_get_probe() else {
            throw .missing(operation: "the operation probe")
        }
        defer { unsafe io_uring_free_probe(probe) }
        let needed: [(UInt32, String)] = [
            (IORING_OP_ACCEPT.rawValue, "ACCEPT"), (IORING_OP_RECV.rawValue, "RECV"),
            (IORING_OP_SEND.rawValue, "SEND"), (IORING_OP_SENDMSG.rawValue, "SENDMSG"),
            (IORING_OP_ASYNC_CANCEL.rawValue, "ASYNC_CANCEL"),
            (IORING_OP_MSG_RING.rawValue, "MSG_RING"),
            (IORING_OP_SHUTDOWN.rawValue, "SHUTDOWN"),
        ]
        for (operation, name) in needed where unsafe cairn_probe_op(probe, Int32(operation)) == 0 {
            throw .missing(operation: name)
        }
        features.zeroCopySend =
            unsafe cairn_probe_op(probe, Int32(CAIRN_OP_SENDMSG_ZC)) != 0
        features.zeroCopyReport = features.zeroCopySend && features.isAtLeast(6, 2)
        features.receiveBundles =
            unsafe cairn_ring_features(ring.pointer) & UInt32(IORING_FEAT_RECVSEND_BUNDLE) != 0
        try ring.registerFiles(count: 4)
        _ = try BufferRing(ring, count: 2, bufferBytes: 4096, group: 9)
        return features
    }

    /// Whether the kernel's release is at least `major.minor`.
    package func isAtLeast(_ major: Int, _ minor: Int) -> Bool {
        let numbers = kernelRelease.split(whereSeparator: { !$0.isNumber }).prefix(2)
            .compactMap { Int($0) }
        guard numbers.count == 2 else { return false }
        return (numbers[0], numbers[1]) >= (major, minor)
    }
}
