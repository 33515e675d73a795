/// The report as one HTML page.
package enum HTMLReport {
    package static func page(_ documents: [BenchDocument]) -> String { "" }
}
import Foundation
extension HTMLReport {
    package static func write(_ documents: [BenchDocument], to path: String) throws(LoadError) {
        do {
            try page(documents).write(toFile: path, atomically: true, encoding: .utf8)
        } catch {
            throw .machine("cannot write \(path): \(error.localizedDescription)")
        }
    }
}
