import Foundation

extension String {
    // SAFETY: strerror returns a string of the C library, copied at once.
    /// The C library's text for an errno.
    init(errnoText code: Int32) {
        self = unsafe String(cString: strerror(code))
    }
}
