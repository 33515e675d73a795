// libFuzzer's entry for the request parser: built by `tools/fuzz resp` into one module with the
// folders Base and Protocol and with the rules the tests use (RESPFuzzCheck.swift).

/// Judges one input; a violated rule ends the process, which libFuzzer reports with the input.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzRESP(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    // SAFETY: libFuzzer owns `count` bytes at `start` for the call; they are copied at once.
    let input = unsafe Array(UnsafeBufferPointer(start: start, count: count))
    if let fault = RESPFuzzCheck.violation(of: input, effort: .fuzzer) { fatalError(fault) }
    return 0
}
