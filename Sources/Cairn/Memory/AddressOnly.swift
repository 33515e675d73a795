import Synchronization

/// An empty member that makes its struct one the compiler passes by address.
///
/// A large `~Copyable` struct of plain fields is "loadable": when a mutating method calls a
/// borrowing one that isn't inlined, Swift 6.3.1 copies the whole struct to the stack first (a
/// memcpy of 1.3 KB for each such call of `L1`, seen in the disassembly). A struct with an atomic
/// in it cannot be copied that way, so the call passes a pointer.
package struct AddressOnly: ~Copyable {
    private let cell = Atomic<Bool>(false)

    @inline(__always)
    package init() {}
}
