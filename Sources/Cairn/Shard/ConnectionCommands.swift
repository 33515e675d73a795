/// Commands without keys: the connection's own, and the way to those of the control kind.
extension Shard where Engine: ~Copyable {
    mutating func executeWithoutKey(_ place: Int32, _ input: Bytes, _ id: CommandID) -> Step {
        switch id {
        case .ping: ping(place, input)
        case .echo: emitBulk(arguments.argument(1, in: input))
        case .hello: hello(place, input)
        case .auth: auth(place, input)
        case .select: select(input)
        case .reset: reset(place)
        case .quit:
            emitOK()
            closeWhenAnswered(place, .client)
        case .multi: multi(place)
        case .exec: return exec(place)
        case .discard: discard(place)
        case .unwatch: unwatch(place)
        case .scan, .keys, .randomkey, .dbsize, .flushdb, .flushall:
            return keyspaceCommand(place, input, id)
        case .subscribe, .unsubscribe, .psubscribe, .punsubscribe, .publish, .pubsub:
            return pubsubCommand(place, input, id)
        default:
            return adminCommand(place, input, id)
        }
        return .done
    }

    private mutating func ping(_ place: Int32, _ input: Bytes) {
        if arguments.count > 2 {
            emitError(.wrongArity(.ping))
            return
        }
        let text = arguments.count == 2 ? arguments.argument(1, in: input) : .empty
        let isSubscriber =
            connections[Int(place)].flags.contains(.subscribed) && context.version == .resp2
        if isSubscriber {
            emitArray(2)
            emitText("pong")
            emitBulk(text)
        } else if arguments.count == 2 {
            emitBulk(text)
        } else {
            emit(Reply.pong)
        }
    }

    private mutating func select(_ input: Bytes) {
        do throws(RESPError) {
            try arguments.database(1, in: input)
            emitOK()
        } catch {
            emitError(error)
        }
    }

    private mutating func hello(_ place: Int32, _ input: Bytes) {
        do throws(RESPError) {
            let options = try HelloOptions.parse(arguments, in: input)
            if let user = options.user, let password = options.password {
                guard logIn(place, user: user, password: password) else {
                    throw .wrongPassword
                }
            }
            if !connections[Int(place)].flags.contains(.authenticated) { throw .helloNeedsAuth }
            if let name = options.name { setName(place, name) }
            if let version = options.version {
                connections[Int(place)].version = version
                context.version = version
            }
            emitHello(place)
        } catch {
            emitError(error)
        }
    }

    /// Clients refuse some features unless `server` is redis and `version` is new enough.
    static var redisVersion: StaticString { "7.4.0" }

    private mutating func emitHello(_ place: Int32) {
        emitMap(8)
        emitText("server")
        emitText("redis")
        emitText("version")
        emitText(Self.redisVersion)
        emitText("cairn_version")
        emitText(CairnVersion.text)
        emitText("proto")
        emitInteger(Int(context.version.rawValue))
        emitText("id")
        emitInteger(Int(connections[Int(place)].id))
        emitText("mode")
        emitText("standalone")
        emitText("role")
        emitText("master")
        emitText("modules")
        emitArray(0)
    }

    private mutating func auth(_ place: Int32, _ input: Bytes) {
        if arguments.count > 3 {
            emitError(.syntax)
            return
        }
        if arguments.count == 2, !group.texts.needsPassword {
            emitError(.noPasswordSet)
            return
        }
        let user = arguments.count == 3 ? arguments.argument(1, in: input) : Bytes("default")
        let password = arguments.argument(arguments.count - 1, in: input)
        if logIn(place, user: user, password: password) {
            emitOK()
        } else {
            emitError(.wrongPassword)
        }
    }

    private mutating func logIn(_ place: Int32, user: Bytes, password: Bytes) -> Bool {
        guard user == Bytes("default"), group.texts.accepts(password) else {
            stats.add(.refusalsAuthentication)
            return false
        }
        connections[Int(place)].flags.insert(.authenticated)
        return true
    }

    private mutating func reset(_ place: Int32) {
        leaveTransaction(place)
        leaveFollowers(place)
        setName(place, .empty)
        connections[Int(place)].version = .resp2
        context.version = .resp2
        connections[Int(place)].flags.remove([
            .silent, .skipNext, .noEvict, .noTouch, .subscribed,
        ])
        if group.texts.needsPassword { connections[Int(place)].flags.remove(.authenticated) }
        emit(Reply.reset)
    }

    // MARK: Names

    /// The client's name; `.empty` takes it away. Valid and short enough: the caller checked.
    mutating func setName(_ place: Int32, _ name: Bytes) {
        let block = infos[Int(place)].block
        guard block != .none else { return }
        let length = min(name.count, ConnectionInfo.nameBytesMax)
        pool.bytes(block).copy(name.slice(0, length))
        infos[Int(place)].nameLength = UInt8(length)
    }

    func name(of place: Int32) -> Bytes {
        let info = infos[Int(place)]
        if info.block == .none { return .empty }
        return pool.bytes(info.block).bytes.slice(0, Int(info.nameLength))
    }

    func peer(of place: Int32) -> Bytes {
        let info = infos[Int(place)]
        if info.block == .none { return .empty }
        return pool.bytes(info.block).bytes.slice(
            ConnectionInfo.nameBytesMax, Int(info.peerLength))
    }
}

/// The version of this program.
package enum CairnVersion {
    package static let text: StaticString = "0.1.0"
}
