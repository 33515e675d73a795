/// Requests of RESP2 and RESP3 clients: multibulk and inline.
package enum RESPParser {
    /// Parses the command that starts at `offset` of `input`. Stateless: after `.needMore` call it
    /// again with the same start once that many bytes have arrived.
    package static func parse(
        _ input: Bytes, from offset: Int, into arguments: inout ArgumentTable, limits: RESPLimits
    ) -> RESPOutcome {
        fatalError("API skeleton")
    }

    /// Parses what follows the streamed `value`: `offset` is where its closing CRLF is (or will be).
    /// The table then holds the arguments after `value.argumentIndex` at their own indices. Further
    /// large values are reported as before; `consumed` counts from `offset`.
    package static func resume(
        after value: LargeValue, _ input: Bytes, from offset: Int,
        into arguments: inout ArgumentTable, limits: RESPLimits
    ) -> RESPOutcome {
        fatalError("API skeleton")
    }
}
