import CShims
import Glibc

/// A listening socket: closed with its owner.
package struct Listener: ~Copyable {
    /// The descriptor to accept from.
    package let descriptor: Int32
    /// The TCP port in force, 0 for a unix socket.
    package let port: UInt16
    private let unixPath: String?

    // SAFETY: the string is a C string for the call's duration.
    /// Listens on a numeric TCP address.
    package init(_ address: ListenAddress, backlog: Int = 1024) throws(MachineError) {
        let rc = unsafe cairn_listen_tcp(address.host, address.port, Int32(backlog))
        if rc < 0 { throw .address("\(address.host):\(address.port)", errno: -rc) }
        descriptor = rc
        port = UInt16(truncatingIfNeeded: cairn_bound_port(rc))
        unixPath = nil
    }

    // SAFETY: the string is a C string for the call's duration.
    /// Listens on a unix socket with mode 0600.
    package init(unixPath path: String, backlog: Int = 1024) throws(MachineError) {
        let rc = unsafe cairn_listen_unix(path, Int32(backlog))
        if rc < 0 { throw .address(path, errno: -rc) }
        descriptor = rc
        port = 0
        unixPath = path
    }

    // SAFETY: the path is a C string for the call's duration.
    deinit {
        _ = Glibc.close(descriptor)
        if let unixPath { unsafe unlink(unixPath) }
    }
}

/// Plain socket calls that are not on the data path.
package enum Sockets {
    // SAFETY: writes at most `text.count` bytes of the caller's view.
    /// Writes the peer's address as text into `text`; its length, 0 when unknown.
    package static func peerName(_ descriptor: Int32, into text: MutableBytes) -> Int {
        guard let base = unsafe text.base else { return 0 }
        let length = unsafe cairn_peer_name(
            descriptor, base.assumingMemoryBound(to: CChar.self), Int32(text.count))
        return max(0, Int(length))
    }

    // SAFETY: writes at most `text.count` bytes of the caller's view.
    /// Writes the address of the socket's own end into `text`; its length, 0 when unknown.
    package static func localName(_ descriptor: Int32, into text: MutableBytes) -> Int {
        guard let base = unsafe text.base else { return 0 }
        let length = unsafe cairn_local_name(
            descriptor, base.assumingMemoryBound(to: CChar.self), Int32(text.count))
        return max(0, Int(length))
    }

    // SAFETY: writes two words of this call's own.
    /// What a TCP peer has taken and given; `nil`: the socket is not of that kind.
    package static func progress(_ descriptor: Int32) -> SocketProgress? {
        var acknowledged: UInt64 = 0
        var received: UInt64 = 0
        guard unsafe cairn_tcp_progress(descriptor, &acknowledged, &received) == 0 else {
            return nil
        }
        return SocketProgress(acknowledged: acknowledged, received: received)
    }

    /// Closes a descriptor that no engine has adopted.
    package static func close(_ descriptor: Int32) { _ = Glibc.close(descriptor) }

    // SAFETY: the text is constant; the socket is this caller's until closed.
    /// Says a last word to a client that is not served, without waiting, and closes.
    package static func farewell(_ descriptor: Int32, _ text: StaticString) {
        if text.utf8CodeUnitCount > 0 {
            _ = unsafe Glibc.send(
                descriptor, text.utf8Start, text.utf8CodeUnitCount,
                Int32(MSG_DONTWAIT) | Int32(MSG_NOSIGNAL))
        }
        _ = Glibc.close(descriptor)
    }

    /// Raises the limit of open files as far as allowed; the limit in force.
    package static func raiseOpenFiles(to wanted: Int) -> Int {
        Int(cairn_raise_open_files(wanted))
    }

    // SAFETY: the string is a C string for the call's duration.
    /// Connects to a numeric TCP address, blocking; the descriptor, or a negative errno.
    package static func connect(_ address: ListenAddress) -> Int32 {
        unsafe cairn_connect_tcp(address.host, address.port)
    }

    // SAFETY: the string is a C string for the call's duration.
    /// Connects to a unix socket, blocking; the descriptor, or a negative errno.
    package static func connect(unixPath: String) -> Int32 { unsafe cairn_connect_unix(unixPath) }

    // SAFETY: the string is a C string for the call's duration.
    /// Whether a numeric address is a loopback address; `nil` when it is no address.
    package static func isLoopback(_ host: String) -> Bool? {
        let rc = unsafe cairn_is_loopback(host)
        return rc < 0 ? nil : rc == 1
    }
}
