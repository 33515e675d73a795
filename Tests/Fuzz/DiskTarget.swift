// libFuzzer's entry for the decoders of the disk format: built by `tools/fuzz disk` into one module
// with the folder Base, the format, and the rules the tests use (DiskFuzzCheck.swift).

/// Judges one input; a violated rule ends the process, which libFuzzer reports with the input.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzDisk(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    // SAFETY: libFuzzer owns `count` bytes at `start` for the call; they are copied at once.
    let input = unsafe Array(UnsafeBufferPointer(start: start, count: count))
    var reached = DiskFuzzCheck.Reached()
    if let fault = DiskFuzzCheck.violation(of: input, &reached) { fatalError(fault) }
    return 0
}
