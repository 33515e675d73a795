/// The version of this server, as `cairn version`, `/stats` and the documents say it.
package enum CairnVersion {
    package static let current = "0.1.0"
}
