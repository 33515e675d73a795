import Cairn

/// Errors by their text. A repeated text allocates nothing.
struct ErrorTally: ~Copyable {
    private static let kindsMax = 32
    /// Texts are compared and kept up to this length: key names behind it don't make kinds of
    /// errors.
    private static let textMax = 80
    private var kinds: [(text: [UInt8], count: Int)] = []
    private var others = 0

    mutating func count(_ text: ByteView, times: Int = 1) {
        let text = text.slice(0, min(text.count, Self.textMax))
        for index in kinds.indices where kinds[index].text.count == text.count {
            if (0..<text.count).allSatisfy({ kinds[index].text[$0] == text[$0] }) {
                kinds[index].count += times
                return
            }
        }
        if kinds.count < Self.kindsMax {
            kinds.append((text.array, times))
        } else {
            others += times
        }
    }

    var all: [(text: String, count: Int)] {
        kinds.map { (String(decoding: $0.text, as: UTF8.self), $0.count) }
            + (others > 0 ? [("other errors", others)] : [])
    }
}
