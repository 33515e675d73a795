import Testing

/// `#expect` takes its expression apart and copies what it finds, which a noncopyable table does
/// not allow: these take the value alone.
func check(
    _ condition: Bool, _ comment: Comment? = nil, sourceLocation: SourceLocation = #_sourceLocation
) {
    #expect(condition, comment, sourceLocation: sourceLocation)
}

/// The value, or the end of the test.
func need<Value>(
    _ value: Value?, sourceLocation: SourceLocation = #_sourceLocation
) throws -> Value {
    try #require(value, sourceLocation: sourceLocation)
}
