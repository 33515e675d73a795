import Foundation

/// The signals the server answers to, received by one thread that waits for them.
///
/// `block` comes before any other thread exists: threads inherit the mask, so no signal ever
/// interrupts a shard's kernel entry.
package enum Signals {
    package enum Received: Equatable, Sendable {
        /// SIGTERM or SIGINT.
        case stop
        /// SIGHUP.
        case reload
    }

    // SAFETY: the set is a local value that the calls fill and read.
    private static func set() -> sigset_t {
        var set = sigset_t()
        unsafe sigemptyset(&set)
        for signal in [SIGTERM, SIGINT, SIGHUP] { unsafe sigaddset(&set, signal) }
        return set
    }

    // SAFETY: sets this thread's mask from a local value; SIG_IGN is no pointer to code.
    /// Keeps the signals pending for `wait`, in this thread and all it starts. A write to a closed
    /// pipe becomes an error.
    package static func block() {
        var set = set()
        unsafe pthread_sigmask(SIG_BLOCK, &set, nil)
        signal(SIGPIPE, SIG_IGN)
    }

    // SAFETY: both arguments are local values.
    /// Waits for the next signal.
    package static func wait() -> Received {
        var set = set()
        var number: Int32 = 0
        // Fails only for an invalid set.
        while unsafe sigwait(&set, &number) != 0 {}
        return number == SIGHUP ? .reload : .stop
    }
}
