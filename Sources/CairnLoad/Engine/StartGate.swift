import Cairn
import Foundation
import Synchronization

/// Where the load threads wait until all of them are connected, and start together.
final class StartGate: Sendable {
    private static let aborted = UInt64.max
    private let arrived = Atomic<Int>(0)
    private let start = Atomic<UInt64>(0)

    private let fault = Mutex<LoadError?>(nil)

    /// A thread is ready to start, or has failed.
    func arrive(_ failure: LoadError? = nil) {
        if let failure { fault.withLock { $0 = failure } }
        arrived.add(1, ordering: .acquiringAndReleasing)
    }

    /// Why a thread that arrived can't start, if one can't.
    var failure: LoadError? { fault.withLock { $0 } }

    /// Threads that arrived.
    var arrivals: Int { arrived.load(ordering: .acquiring) }

    /// Opens the gate: all threads begin at this monotonic time.
    func open(at time: UInt64) { start.store(time, ordering: .releasing) }

    /// Sends the waiting threads home: another one failed.
    func abort() { start.store(Self.aborted, ordering: .releasing) }

    /// Waits for the start; its time, `nil` when the run was aborted.
    func waitForStart() -> UInt64? {
        while true {
            let time = start.load(ordering: .acquiring)
            if time == Self.aborted { return nil }
            if time > 0 && Clock.monotonic() >= time { return time }
            if time == 0 { Self.pause() }
        }
    }

    /// A fraction of a millisecond off the processor.
    static func pause() { usleep(200) }
}
