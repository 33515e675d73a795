/// Arguments read as numbers, with the errors Redis gives.
extension ArgumentTable {
    /// A 64-bit integer in its canonical form.
    @inline(__always)
    package func integer(_ index: Int, in input: Bytes) throws(RESPError) -> Int64 {
        guard let value = Decimal.parse(argument(index, in: input)) else { throw .notAnInteger }
        return value
    }

    /// A 32-bit integer (Redis: `getIntFromObjectOrReply`).
    package func integer32(_ index: Int, in input: Bytes) throws(RESPError) -> Int32 {
        guard let value = Int32(exactly: try integer(index, in: input)) else { throw .notAnInt32 }
        return value
    }

    /// A long double (Redis: `getLongDoubleFromObjectOrReply`).
    package func longDouble(_ index: Int, in input: Bytes) throws(RESPError) -> Float80 {
        guard let value = LongDouble.parse(argument(index, in: input)) else { throw .notAFloat }
        return value
    }

    /// A database number: Cairn has only 0.
    package func database(_ index: Int, in input: Bytes) throws(RESPError) {
        if try integer32(index, in: input) != 0 { throw .databaseOutOfRange }
    }
}
