/// Checks that stay on in release builds.
///
/// `precondition` prints no text at `-O`, and `-Ounchecked` removes its condition. `ensure` costs a
/// compare and a branch that is predicted not taken, and reports the text, file and line.

/// Crashes with `message` unless `condition` holds: a violated `ensure` is a bug of ours, never a
/// client's or a device's fault.
@inline(__always)
@usableFromInline
package func ensure(
    _ condition: Bool, _ message: @autoclosure () -> StaticString = "invariant",
    file: StaticString = #fileID, line: UInt = #line
) {
    if _slowPath(!condition) { ensureFailed(message(), file, line) }
}

/// Reports a violated invariant and aborts.
@inline(never)
@usableFromInline
package func ensureFailed(_ message: StaticString, _ file: StaticString, _ line: UInt) -> Never {
    fatalError("ensure: \(message)", file: file, line: line)
}
