/// CONFIG GET, SET, RESETSTAT, REWRITE.
extension Shard where Engine: ~Copyable {
    mutating func configCommand(_ place: Int32, _ input: Bytes, _ sub: SubcommandID) -> Step {
        switch sub {
        case .configGet: configGet(input)
        case .configSet: return configSet(place, input)
        case .configResetstat: return askAll(place, .resetStats, .ok, input)
        default: emitError(.noConfigFile)
        }
        return .done
    }

    private mutating func configGet(_ input: Bytes) {
        var found: [ConfigParameter] = []
        for parameter in ConfigParameter.allCases {
            let name = Array(parameter.rawValue.utf8)
            let isWanted = name.withBytes { name in
                (2..<arguments.count).contains {
                    Glob.matches(arguments.argument($0, in: input), name, ignoringCase: true)
                }
            }
            if isWanted { found.append(parameter) }
        }
        var reply = ControlReply(context.version)
        reply.map(found.count)
        for parameter in found {
            reply.bulk(parameter.rawValue)
            reply.bulk(parameter.value(group))
        }
        emitReply(reply)
    }

    /// All pairs or none: names first, then values, then they are put in force on every shard; OK
    /// comes when the last shard has them.
    private mutating func configSet(_ place: Int32, _ input: Bytes) -> Step {
        do throws(RESPError) {
            try applyPairs(input)
        } catch {
            emitError(error)
            return .done
        }
        return askAll(place, .settings, .ok, input)
    }

    private func applyPairs(_ input: Bytes) throws(RESPError) {
        if arguments.count % 2 != 0 { throw .syntax }
        var pairs: [(parameter: ConfigParameter, position: Int)] = []
        for position in stride(from: 2, to: arguments.count, by: 2) {
            guard let parameter = ConfigParameter(arguments.argument(position, in: input)) else {
                throw .configUnknown(argument: position)
            }
            if parameter.isImmutable {
                throw .configRefused(argument: position, because: .immutable)
            }
            if pairs.contains(where: { $0.parameter == parameter }) {
                throw .configRefused(argument: position, because: .duplicate)
            }
            pairs.append((parameter, position))
        }
        var checks: [ConfigParameter.Check] = []
        for pair in pairs {
            let check = pair.parameter.check(
                arguments.argument(pair.position + 1, in: input), group)
            if case .refused(let reason) = check {
                throw .configRefused(argument: pair.position, because: reason)
            }
            checks.append(check)
        }
        for (pair, check) in zip(pairs, checks) {
            switch check {
            case .number(let number): pair.parameter.apply(number, group)
            case .text:
                let password = arguments.argument(pair.position + 1, in: input)
                group.texts.setPassword(password.isEmpty ? nil : password.array)
            case .unchanged, .refused: break
            }
        }
    }
}
