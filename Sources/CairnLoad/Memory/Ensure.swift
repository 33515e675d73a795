import Cairn

/// As `Cairn.ensure`, inlined in this module: a violated condition is a bug of ours.
@inline(__always)
func ensure(
    _ condition: Bool, _ message: @autoclosure () -> StaticString,
    file: StaticString = #fileID, line: UInt = #line
) {
    if _slowPath(!condition) { ensureFailed(message(), file, line) }
}
