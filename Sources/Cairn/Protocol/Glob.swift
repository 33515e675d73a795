/// Redis's glob patterns (`stringmatchlen`).
package enum Glob {
    package static func matches(_ pattern: Bytes, _ string: Bytes, ignoringCase: Bool = false) -> Bool { false }
}
