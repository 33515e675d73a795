import ArgumentParser
import Cairn
import Glibc

/// `echo-yardstick`: the bare-ring echo that Cairn's speed is measured against.
struct EchoYardstick: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "echo-yardstick",
        abstract: "Answers every request of N bytes with the same bulk reply, from one ring.",
        discussion: """
            The client must send requests of one size, e.g. GET of keys of one length: \
            "*2\\r\\n$3\\r\\nGET\\r\\n$16\\r\\nkey:000000000001\\r\\n" has 36 bytes.
            """)

    @Option(help: "Numeric address and port.")
    var listen = "127.0.0.1:6399"

    @Option(help: "Bytes of every request.")
    var requestBytes = 36

    @Option(help: "Bytes of the value in every reply.")
    var replyBytes = 64

    @Option(help: "Processor to run on.")
    var cpu: Int?

    @Flag(help: "Send without copying, where the kernel can.")
    var zeroCopy = false

    func validate() throws {
        guard requestBytes > 0 else { throw ValidationError("--request-bytes must be positive") }
        guard (0...(512 << 20)).contains(replyBytes) else {
            throw ValidationError("--reply-bytes must be 0 ... 512 MiB")
        }
    }

    func run() throws {
        guard let colon = listen.lastIndex(of: ":"),
            let port = UInt16(listen[listen.index(after: colon)...])
        else { throw ValidationError("--listen takes HOST:PORT, not '\(listen)'") }
        let address = ListenAddress(host: String(listen[..<colon]), port: port)
        let load = EchoLoad(
            requestBytes: requestBytes, valueBytes: replyBytes, zeroCopy: zeroCopy)
        let thread = try PinnedThread(name: "echo", cpu: cpu) {
            if let failure = serve(address, load) {
                print("echo-yardstick: \(failure.text)")
                Glibc.exit(1)
            }
        }
        thread.join()
    }
}

EchoYardstick.main()
