/// Options of Cairn's own commands.

/// What an object is to its owner.
package enum ObjectType: UInt8, Sendable, CaseIterable {
    case block, metadata, directory, inode, xattr

    /// As clients spell it.
    package var name: StaticString {
        switch self {
        case .block: "block"
        case .metadata: "metadata"
        case .directory: "directory"
        case .inode: "inode"
        case .xattr: "xattr"
        }
    }

    /// The type `word` names, in any case.
    package init?(_ word: Bytes) {
        for raw in 0...ObjectType.xattr.rawValue {
            if let type = ObjectType(rawValue: raw), word.equalsIgnoringCase(type.name) {
                self = type
                return
            }
        }
        return nil
    }
}

/// `CAIRN.PUT key value [TYPE type] [PRIORITY 0-10] [TTL milliseconds]`
package struct PutOptions: Equatable, Sendable {
    package var type = ObjectType.block
    package var priority: UInt8 = 0
    /// Unix milliseconds; `nil`: never.
    package var expiresAtMs: UInt64?

    package static let priorityMax = 10

    /// Parses all arguments of CAIRN.PUT.
    package static func parse(
        _ arguments: borrowing ArgumentTable, in input: Bytes, nowMs: UInt64
    ) throws(RESPError) -> PutOptions {
        var options = PutOptions()
        var index = 3
        while index < arguments.count {
            guard index + 1 < arguments.count else { throw .syntax }
            let word = arguments.argument(index, in: input)
            if word.equalsIgnoringCase("type") {
                guard let type = ObjectType(arguments.argument(index + 1, in: input)) else {
                    throw .invalidType
                }
                options.type = type
            } else if word.equalsIgnoringCase("priority") {
                let value = try arguments.integer(index + 1, in: input)
                guard value >= 0 && value <= Int64(priorityMax) else { throw .invalidPriority }
                options.priority = UInt8(value)
            } else if word.equalsIgnoringCase("ttl") {
                options.expiresAtMs = try ExpiryRequest(.milliseconds, argument: index + 1)
                    .resolve(arguments, in: input, nowMs: nowMs, for: .cairnPut)
            } else {
                throw .syntax
            }
            index += 2
        }
        return options
    }
}

/// `CAIRN.GET key [offset length]`
package struct ByteRangeOption: Equatable, Sendable {
    package var offset: Int
    package var length: Int

    /// The range behind the key; `nil`: the whole value.
    package static func parse(
        _ arguments: borrowing ArgumentTable, in input: Bytes
    ) throws(RESPError) -> ByteRangeOption? {
        if arguments.count == 2 { return nil }
        guard arguments.count == 4 else { throw .syntax }
        let offset = try arguments.integer(2, in: input)
        let length = try arguments.integer(3, in: input)
        guard offset >= 0 && length >= 0 else { throw .invalidRange }
        return ByteRangeOption(offset: Int(offset), length: Int(length))
    }
}
