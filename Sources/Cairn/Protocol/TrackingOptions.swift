/// `CLIENT TRACKING ON|OFF [REDIRECT id] [PREFIX prefix ...] [BCAST] [OPTIN] [OPTOUT] [NOLOOP]`
package struct TrackingOptions: Equatable, Sendable {
    /// The mode a connection tracks in.
    package struct Mode: OptionSet, Sendable, BitwiseCopyable {
        package let rawValue: UInt8
        package init(rawValue: UInt8) { self.rawValue = rawValue }
        /// Tracking is on; the others mean nothing without it.
        package static let on = Mode(rawValue: 1)
        package static let broadcast = Mode(rawValue: 2)
        package static let optIn = Mode(rawValue: 4)
        package static let optOut = Mode(rawValue: 8)
        package static let noLoop = Mode(rawValue: 16)
    }

    /// Most prefixes of one command: each is compared with every other.
    package static let prefixesMax = 256

    package var mode: Mode = []
    /// Connection that receives the invalidations; 0: this one. The caller checks that it exists.
    package var redirect: Int64 = 0
    package var prefixCount = 0

    /// Parses all arguments of CLIENT TRACKING; `current` is the connection's mode so far.
    package static func parse(
        _ arguments: borrowing ArgumentTable, in input: Bytes, current: Mode
    ) throws(RESPError) -> TrackingOptions {
        var options = TrackingOptions()
        var index = 3
        while index < arguments.count {
            let word = arguments.argument(index, in: input)
            if word.equalsIgnoringCase("redirect") && index + 1 < arguments.count {
                if options.redirect != 0 { throw .redirectTwice }
                index += 1
                options.redirect = try arguments.integer(index, in: input)
                if options.redirect <= 0 { throw .redirectUnknown }
            } else if word.equalsIgnoringCase("bcast") {
                options.mode.insert(.broadcast)
            } else if word.equalsIgnoringCase("optin") {
                options.mode.insert(.optIn)
            } else if word.equalsIgnoringCase("optout") {
                options.mode.insert(.optOut)
            } else if word.equalsIgnoringCase("noloop") {
                options.mode.insert(.noLoop)
            } else if word.equalsIgnoringCase("prefix") && index + 1 < arguments.count {
                index += 1
                options.prefixCount += 1
                if options.prefixCount > prefixesMax { throw .tooManyPrefixes }
            } else {
                throw .syntax
            }
            index += 1
        }
        let toggle = arguments.argument(2, in: input)
        if toggle.equalsIgnoringCase("on") {
            options.mode.insert(.on)
            try options.check(against: current)
            try options.checkPrefixes(arguments, in: input)
        } else if toggle.equalsIgnoringCase("off") {
            options.mode = []
        } else {
            throw .syntax
        }
        return options
    }

    /// Index of the next prefix behind argument `index` (start with 2); `nil`: no more.
    package static func nextPrefix(
        after index: Int, _ arguments: borrowing ArgumentTable, in input: Bytes
    ) -> Int? {
        var cursor = index + 1
        while cursor < arguments.count {
            let word = arguments.argument(cursor, in: input)
            if word.equalsIgnoringCase("prefix") { return cursor + 1 }
            cursor += word.equalsIgnoringCase("redirect") ? 2 : 1
        }
        return nil
    }

    /// Whether one prefix begins with the other: such a pair would be told twice of one key.
    package static func overlap(_ a: Bytes, _ b: Bytes) -> Bool {
        let count = min(a.count, b.count)
        return a.slice(0, count) == b.slice(0, count)
    }

    /// Options that exclude each other, or the mode the connection is in.
    private func check(against current: Mode) throws(RESPError) {
        if prefixCount > 0 && !mode.contains(.broadcast) { throw .prefixNeedsBroadcast }
        if current.contains(.on) && current.contains(.broadcast) != mode.contains(.broadcast) {
            throw .switchBroadcast
        }
        let isOpt = mode.contains(.optIn) || mode.contains(.optOut)
        if mode.contains(.broadcast) && isOpt { throw .optNeedsNoBroadcast }
        if mode.contains(.optIn) && mode.contains(.optOut) { throw .optInAndOut }
        if mode.contains(.optIn) && current.contains(.optOut)
            || mode.contains(.optOut) && current.contains(.optIn)
        {
            throw .switchOpt
        }
    }

    private func checkPrefixes(
        _ arguments: borrowing ArgumentTable, in input: Bytes
    ) throws(RESPError) {
        var index = 2
        while let first = Self.nextPrefix(after: index, arguments, in: input) {
            index = first
            let prefix = arguments.argument(first, in: input)
            var other = first
            while let second = Self.nextPrefix(after: other, arguments, in: input) {
                other = second
                if Self.overlap(prefix, arguments.argument(second, in: input)) {
                    throw .prefixesOverlap(argument: first, with: second)
                }
            }
        }
    }
}
