/// Options of HELLO and CLIENT.

/// `HELLO [version [AUTH user password] [SETNAME name]]`
package struct HelloOptions {
    /// `nil`: stays as it is.
    package var version: RESPVersion?
    package var user: Bytes?
    package var password: Bytes?
    package var name: Bytes?

    /// Parses all arguments of HELLO.
    package static func parse(
        _ arguments: borrowing ArgumentTable, in input: Bytes
    ) throws(RESPError) -> HelloOptions {
        var options = HelloOptions()
        guard arguments.count > 1 else { return options }
        guard let number = Decimal.parse(arguments.argument(1, in: input)) else {
            throw .protocolNotAnInteger
        }
        guard number == 2 || number == 3 else { throw .noProtocol }
        options.version = number == 2 ? .resp2 : .resp3
        var index = 2
        while index < arguments.count {
            let word = arguments.argument(index, in: input)
            if word.equalsIgnoringCase("auth") && index + 2 < arguments.count {
                options.user = arguments.argument(index + 1, in: input)
                options.password = arguments.argument(index + 2, in: input)
                index += 3
            } else if word.equalsIgnoringCase("setname") && index + 1 < arguments.count {
                let name = arguments.argument(index + 1, in: input)
                guard ClientName.isValid(name) else { throw .clientName }
                options.name = name
                index += 2
            } else {
                throw .helloOption(argument: index)
            }
        }
        return options
    }
}

/// Names of connections.
package enum ClientName {
    /// Printable ASCII without blanks; empty takes the name away.
    package static func isValid(_ name: Bytes) -> Bool {
        for index in 0..<name.count where name[index] < 0x21 || name[index] > 0x7E {
            return false
        }
        return true
    }
}

/// `CLIENT KILL` with filters, and the same filters of `CLIENT LIST` as far as they exist there.
package struct ClientFilter {
    package enum Kind: Equatable, Sendable { case normal, master, replica, pubsub }

    package var id: UInt64?
    package var kind: Kind?
    /// `ip:port` of the client, or of the server's side.
    package var address: Bytes?
    package var localAddress: Bytes?
    /// Whether the caller itself is spared.
    package var skipsCaller = true

    /// Parses `CLIENT KILL filter value ...` (at least one pair; the old form
    /// `CLIENT KILL address` has three arguments and is the caller's).
    package static func parseKill(
        _ arguments: borrowing ArgumentTable, in input: Bytes
    ) throws(RESPError) -> ClientFilter {
        var filter = ClientFilter()
        var index = 2
        while index < arguments.count {
            guard index + 1 < arguments.count else { throw .syntax }
            let word = arguments.argument(index, in: input)
            let value = arguments.argument(index + 1, in: input)
            if word.equalsIgnoringCase("id") {
                guard let id = Decimal.parse(value), id > 0 else { throw .clientIDNotPositive }
                filter.id = UInt64(id)
            } else if word.equalsIgnoringCase("type") {
                guard let kind = parseKind(value) else {
                    throw .unknownClientType(argument: index + 1)
                }
                filter.kind = kind
            } else if word.equalsIgnoringCase("addr") {
                filter.address = value
            } else if word.equalsIgnoringCase("laddr") {
                filter.localAddress = value
            } else if word.equalsIgnoringCase("user") {
                guard value == Bytes("default") else { throw .noSuchUser(argument: index + 1) }
            } else if word.equalsIgnoringCase("skipme") {
                if value.equalsIgnoringCase("yes") {
                    filter.skipsCaller = true
                } else if value.equalsIgnoringCase("no") {
                    filter.skipsCaller = false
                } else {
                    throw .syntax
                }
            } else {
                throw .syntax
            }
            index += 2
        }
        return filter
    }

    /// The kind of client a word names.
    package static func parseKind(_ word: Bytes) -> Kind? {
        if word.equalsIgnoringCase("normal") { return .normal }
        if word.equalsIgnoringCase("slave") || word.equalsIgnoringCase("replica") {
            return .replica
        }
        if word.equalsIgnoringCase("pubsub") { return .pubsub }
        if word.equalsIgnoringCase("master") { return .master }
        return nil
    }
}
