/// "Did you mean": the known name nearest to a mistyped one.
enum NearestName {
    /// The nearest of `names`, if it is near enough to be what was meant: a third of its letters
    /// may differ, at least two.
    static func find(_ typed: String, among names: [String]) -> String? {
        let scored = names.map { (name: $0, distance: distance(typed.lowercased(), $0)) }
        guard let best = scored.min(by: { $0.distance < $1.distance }) else { return nil }
        return best.distance <= max(2, best.name.count / 3) ? best.name : nil
    }

    /// Edits (insert, delete, replace, swap of neighbours) from `a` to `b`: optimal string
    /// alignment.
    static func distance(_ a: String, _ b: String) -> Int {
        let a = Array(a.unicodeScalars)
        let b = Array(b.unicodeScalars)
        var beforeLast: [Int] = []
        var last = Array(0...b.count)
        for i in a.indices {
            var row = [i + 1]
            for j in b.indices {
                var best = min(row[j] + 1, last[j + 1] + 1, last[j] + (a[i] == b[j] ? 0 : 1))
                if i > 0, j > 0, a[i] == b[j - 1], a[i - 1] == b[j] {
                    best = min(best, beforeLast[j - 1] + 1)
                }
                row.append(best)
            }
            beforeLast = last
            last = row
        }
        return last[b.count]
    }
}
