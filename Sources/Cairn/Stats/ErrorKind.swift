/// Error replies by their first word, as INFO's `errorstat_` lines count them.
package enum ErrorKind: Int, CaseIterable, Sendable {
    case err, oom, wrongType, noAuth, wrongPassword, noPermission, noProtocol, execAborted, busyKey

    /// The first word of such a reply.
    package var name: StaticString {
        switch self {
        case .err: "ERR"
        case .oom: "OOM"
        case .wrongType: "WRONGTYPE"
        case .noAuth: "NOAUTH"
        case .wrongPassword: "WRONGPASS"
        case .noPermission: "NOPERM"
        case .noProtocol: "NOPROTO"
        case .execAborted: "EXECABORT"
        case .busyKey: "BUSYKEY"
        }
    }
}
