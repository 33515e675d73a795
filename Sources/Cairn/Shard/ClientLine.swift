/// One client as a line of CLIENT LIST: Redis's fields, in its order.
extension Shard where Engine: ~Copyable {
    /// Appends the line with its line end. About 350 bytes, and half a microsecond.
    func describe(_ place: Int32, into line: inout [UInt8]) {
        let connection = connections[Int(place)]
        let followed = subscriptions(of: place)
        line.field("id=", Int(connection.id))
        line.append(" addr=")
        line.append(contentsOf: addressText(place, isOwn: false))
        line.append(" laddr=")
        line.append(contentsOf: addressText(place, isOwn: true))
        line.field(" fd=", Int(connection.socket.index))
        line.append(" name=")
        line.append(name(of: place))
        line.field(" age=", Int(nowMs &- min(nowMs, connection.createdMs)) / 1000)
        line.field(" idle=", Int(nowMs &- min(nowMs, connection.lastActiveMs)) / 1000)
        line.append(" flags=")
        flagLetters(connection, into: &line)
        line.field(" db=", 0)
        line.field(" sub=", followed.channels)
        line.field(" psub=", followed.patterns)
        line.field(" ssub=", 0)
        line.field(" multi=", queuedCommands(connection))
        memoryFields(connection, into: &line)
        line.append(" events=r cmd=")
        line.append(commandName(connection))
        line.append(" user=default")
        line.field(" redir=", redirection(of: place))
        line.field(" resp=", Int(connection.version.rawValue))
        line.append(" lib-name=")
        line.append(infoText(place, ConnectionInfo.libraryNameAt, \.libraryNameLength))
        line.append(" lib-ver=")
        line.append(infoText(place, ConnectionInfo.libraryVersionAt, \.libraryVersionLength))
        line.append("\n")
    }

    private func memoryFields(_ connection: Connection, into line: inout [UInt8]) {
        let input =
            connection.largeInput >= 0
            ? largeBuffers[connection.largeInput].count : Int(connection.residueCount)
        var queued = 0
        if connection.transaction >= 0, transactions[connection.transaction].queue >= 0 {
            queued = largeBuffers[transactions[connection.transaction].queue].capacity
        }
        line.field(" qbuf=", input)
        line.field(" qbuf-free=", 0)
        line.field(" argv-mem=", 0)
        line.field(" multi-mem=", queued)
        line.field(" rbs=", 0)
        line.field(" rbp=", 0)
        line.field(" obl=", 0)
        line.field(" oll=", connection.outputBytes > 0 ? 1 : 0)
        line.field(" omem=", connection.outputBytes)
        let fixed = MemoryLayout<Connection>.stride + BufferPool.unitBytes
        line.field(" tot-mem=", input + queued + connection.outputBytes + fixed)
    }

    private func flagLetters(_ connection: Connection, into line: inout [UInt8]) {
        let letters: [(ConnectionFlags, StaticString)] = [
            (.subscribed, "P"), (.inTransaction, "x"), (.closing, "c"), (.dead, "A"),
            (.tracking, "t"), (.trackingBroadcast, "B"), (.unixSocket, "U"), (.noEvict, "e"),
            (.noTouch, "T"),
        ]
        let before = line.count
        for (flag, letter) in letters where connection.flags.contains(flag) {
            line.append(letter)
        }
        if line.count == before { line.append("N") }
    }

    private func queuedCommands(_ connection: Connection) -> Int {
        guard connection.flags.contains(.inTransaction), connection.transaction >= 0 else {
            return -1
        }
        return Int(transactions[connection.transaction].count)
    }

    private func commandName(_ connection: Connection) -> Bytes {
        let range = CommandTable.subcommands(of: connection.lastCommand)
        if let range, range.contains(connection.lastSubcommand.rawValue) {
            return Bytes(CommandTable.spec(connection.lastSubcommand).name)
        }
        return Bytes(CommandTable.spec(connection.lastCommand).name)
    }

    private func infoText(
        _ place: Int32, _ offset: Int, _ length: KeyPath<ConnectionInfo, UInt8>
    ) -> Bytes {
        let info = infos[Int(place)]
        if info.block == .none { return .empty }
        return pool.bytes(info.block).bytes.slice(offset, Int(info[keyPath: length]))
    }

    /// The client's address, or the server's end of its connection; `PATH:0` for a unix socket.
    func addressText(_ place: Int32, isOwn: Bool) -> [UInt8] {
        if connections[Int(place)].flags.contains(.unixSocket) {
            return Array((group.settings.unixPath ?? "").utf8) + Array(":0".utf8)
        }
        if !isOwn { return peer(of: place).array }
        return infoText(place, ConnectionInfo.localAt, \.localLength).array
    }
}

extension [UInt8] {
    /// A name with its sign, and a number.
    mutating func field(_ name: StaticString, _ value: Int) {
        append(name)
        append(decimal: value)
    }
}
