import CShims
import Glibc

/// A thread bound to one processor.
///
/// The body runs after the pinning succeeded; memory it touches first therefore comes from that
/// processor's node. Joined explicitly.
package final class PinnedThread: @unchecked Sendable {
    private final class Start: @unchecked Sendable {
        let name: String
        let cpu: Int?
        let body: @Sendable () -> Void
        init(name: String, cpu: Int?, body: @escaping @Sendable () -> Void) {
            self.name = name
            self.cpu = cpu
            self.body = body
        }
    }

    private let thread: pthread_t

    // SAFETY: the start block is retained across the C boundary and released by the new thread.
    /// Starts a thread named `name` (at most 15 bytes) on `cpu` (`nil`: anywhere).
    package init(
        name: String, cpu: Int?, body: @escaping @Sendable () -> Void
    ) throws(MachineError) {
        let start = unsafe Unmanaged.passRetained(Start(name: name, cpu: cpu, body: body))
        var created = pthread_t()
        let rc = unsafe pthread_create(
            &created, nil,
            { (argument: UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? in
                let start = unsafe Unmanaged<Start>.fromOpaque(argument.unsafelyUnwrapped)
                    .takeRetainedValue()
                unsafe cairn_name_self(start.name)
                if let cpu = start.cpu { _ = cairn_pin_self(Int32(cpu)) }
                start.body()
                return nil
            }, start.toOpaque())
        if rc != 0 {
            unsafe start.release()
            throw .thread(cpu: cpu ?? -1, errno: rc)
        }
        thread = created
    }

    /// Waits for the body to end.
    package func join() {
        pthread_join(thread, nil)
    }

    /// Gives the processor away for about a fifth of a millisecond: for waiting at start only.
    package static func rest() { _ = usleep(200) }

    /// Whether a processor can be pinned to by this process.
    package static func canPin(to cpu: Int, in topology: Topology) -> Bool {
        topology.processors.contains { $0.id == cpu }
    }
}
