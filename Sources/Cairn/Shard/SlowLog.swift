/// SLOWLOG, and what is kept of a slow command.
extension Shard where Engine: ~Copyable {
    /// Most arguments, and bytes of one, that an entry keeps (as Redis).
    private static var slowArgumentsMax: Int { 32 }
    private static var slowArgumentBytesMax: Int { 128 }

    mutating func slowlogCommand(_ input: Bytes, _ sub: SubcommandID) {
        switch sub {
        case .slowlogLen: emitInteger(group.texts.slowCount)
        case .slowlogReset:
            group.texts.resetSlow()
            emitOK()
        default:
            do throws(RESPError) {
                try slowlogGet(input)
            } catch {
                emitError(error)
            }
        }
    }

    private mutating func slowlogGet(_ input: Bytes) throws(RESPError) {
        if arguments.count > 3 { throw .subcommandSyntax(.slowlog) }
        var count: Int64 = 10
        if arguments.count == 3 {
            guard let wanted = Decimal.parse(arguments.argument(2, in: input)), wanted >= -1
            else { throw .slowlogCount }
            count = wanted
        }
        let entries = group.texts.slowCommands(Int(count))
        var reply = ControlReply(context.version)
        reply.array(entries.count)
        for entry in entries {
            reply.array(6)
            reply.integer(entry.id)
            reply.integer(entry.unixSeconds)
            reply.integer(entry.microseconds)
            reply.array(entry.arguments.count)
            for argument in entry.arguments { reply.bulk(argument) }
            reply.bulk(entry.peer)
            reply.bulk(entry.name)
        }
        emitReply(reply)
    }

    /// Remembers a command that took long: in the slow log, and as a spike of event `command`.
    mutating func logSlow(
        _ place: Int32, _ input: Bytes, _ id: CommandID, nanoseconds: UInt64
    ) {
        if live.latencyNs != 0, nanoseconds >= live.latencyNs {
            group.texts.logLatency(
                "command", second: Int(nowMs / 1000), milliseconds: Int(nanoseconds / 1_000_000))
        }
        let threshold = group.get(.slowlogMicroseconds)
        // EXEC has replaced the arguments by those of the commands it ran.
        if threshold < 0 || Int(nanoseconds / 1000) < threshold || id == .exec { return }
        stats.add(.slowCommands)
        group.texts.logSlow(
            ServerTexts.SlowCommand(
                id: 0, unixSeconds: Int(nowMs / 1000), microseconds: Int(nanoseconds / 1000),
                arguments: slowArguments(input, id), peer: addressText(place, isOwn: false),
                name: name(of: place).array))
    }

    /// Remembers a turn of the loop that took long: every client of the shard waited for it.
    mutating func logLongTurn(_ nanoseconds: UInt64) {
        group.texts.logLatency(
            "loop", second: Int(nowMs / 1000), milliseconds: Int(nanoseconds / 1_000_000))
    }

    private func slowArguments(_ input: Bytes, _ id: CommandID) -> [[UInt8]] {
        let isCut = arguments.count > Self.slowArgumentsMax
        let kept = isCut ? Self.slowArgumentsMax - 1 : arguments.count
        var texts: [[UInt8]] = []
        for position in 0..<kept {
            texts.append(
                isSecret(position, id, input)
                    ? Array("(redacted)".utf8) : slowArgument(position, input))
        }
        if isCut {
            let rest = arguments.count - kept
            texts.append(Array("... (\(rest) more arguments)".utf8))
        }
        return texts
    }

    private func slowArgument(_ position: Int, _ input: Bytes) -> [UInt8] {
        let bytes = arguments.argument(position, in: input)
        if bytes.count <= Self.slowArgumentBytesMax { return bytes.array }
        let rest = bytes.count - Self.slowArgumentBytesMax
        return bytes.slice(0, Self.slowArgumentBytesMax).array
            + Array("... (\(rest) more bytes)".utf8)
    }

    /// Whether an argument may be a password.
    private func isSecret(_ position: Int, _ id: CommandID, _ input: Bytes) -> Bool {
        switch id {
        case .auth: return position > 0
        case .hello: return position > 1
        case .config:
            return position > 2
                && arguments.argument(position - 1, in: input).equalsIgnoringCase("requirepass")
        default: return false
        }
    }
}
