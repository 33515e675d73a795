import Cairn

/// What must hold between the keys of a configuration and the machine, and what this version can't
/// do.
enum ConfigRules {
    /// Everything impossible, with the arithmetic.
    static func problems(
        _ document: ConfigDocument, _ settings: ServerSettings, _ machine: MachineFacts
    ) -> [ConfigProblem] {
        memoryProblems(document, settings, machine) + shapeProblems(document, settings, machine)
            + levelProblems(document) + doorProblems(document, settings)
    }

    private static func memoryProblems(
        _ document: ConfigDocument, _ settings: ServerSettings, _ machine: MachineFacts
    ) -> [ConfigProblem] {
        var problems: [ConfigProblem] = []
        let limit = settings.memoryLimit
        let shards = settings.shards ?? machine.coreCount
        let least = MemoryRules.least(shards: shards)
        let size = ByteSize.approximate
        if limit < least {
            problems.append(
                document.problem(
                    "memory_limit",
                    "\(size(limit)) is too little for \(shards) shards: "
                        + "\(size(MemoryRules.processBytes)) for the process + \(shards) x "
                        + "\(size(MemoryRules.shardBytes)) = \(size(least))",
                    "raise memory_limit to \(ByteSize.format(least)) or lower shards"))
        }
        if limit > machine.memoryBytes {
            problems.append(
                document.problem(
                    document.configuration.memoryLimit == nil ? "l1.max_size" : "memory_limit",
                    "\(size(limit)) are needed, and there are \(size(machine.memoryBytes)) "
                        + "(\(machine.memorySource))",
                    "lower it to at most \(size(machine.memoryBytes / 10 * 9)), which leaves the "
                        + "system a tenth"))
        }
        if let maxSize = settings.l1.maxSize, maxSize > limit - least {
            problems.append(
                document.problem(
                    "l1.max_size",
                    "\(size(maxSize)) do not fit memory_limit \(size(limit)): "
                        + "\(size(least)) of it are the process's and the shards' own",
                    "lower it, or raise memory_limit to "
                        + ByteSize.format(MemoryRules.holding(maxSize, shards: shards))))
        }
        let valueMax = MemoryRules.valueMax(limit: limit, shards: shards)
        if limit >= least, settings.maxValueSize > valueMax {
            problems.append(
                document.problem(
                    "max_value_size",
                    "\(size(settings.maxValueSize)) is more than half of a shard's share: "
                        + "(\(size(limit)) - \(size(MemoryRules.processBytes))) / \(shards) shards "
                        + "/ 2 = \(size(valueMax))",
                    "lower it to \(ByteSize.format(valueMax)), raise memory_limit, or lower shards")
            )
        }
        return problems
    }

    private static func shapeProblems(
        _ document: ConfigDocument, _ settings: ServerSettings, _ machine: MachineFacts
    ) -> [ConfigProblem] {
        var problems: [ConfigProblem] = []
        if let cpus = settings.cpus {
            let usable = CPUList.format(machine.processors)
            let foreign = cpus.filter { !machine.processors.contains($0) }
            if !foreign.isEmpty {
                let word = foreign.count == 1 ? "processor" : "processors"
                problems.append(
                    document.problem(
                        "cpus", "this process may not run on \(word) \(CPUList.format(foreign))",
                        "choose from \(usable)"))
            }
            if let shards = document.configuration.shards, shards > cpus.count {
                problems.append(
                    document.problem(
                        "cpus", "\(cpus.count) processors do not carry \(shards) shards",
                        "name one processor a shard, or drop shards"))
            }
        }
        if let path = settings.unixPath, path.utf8.count > 107 {
            problems.append(
                document.problem(
                    "unix", "the path has \(path.utf8.count) bytes; a unix socket's may have 107",
                    "choose a shorter path"))
        }
        return problems
    }

    private static func levelProblems(_ document: ConfigDocument) -> [ConfigProblem] {
        var problems: [ConfigProblem] = []
        let configuration = document.configuration
        let levels = [("l1", configuration.l1), ("l2", configuration.l2), ("l3", configuration.l3)]
        for (name, level) in levels {
            guard let level else { continue }
            if level.writeBehind == true, level.writeThrough == true {
                problems.append(
                    document.problem(
                        "\(name).write_behind", "write_behind and write_through are both true",
                        "keep one: a write reaches the level below later, or at once"))
            }
            if let block = level.blockSize, block & (block - 1) != 0 {
                problems.append(
                    document.problem(
                        "\(name).block_size", "\(block) is no power of two",
                        "use 4KiB, 64KiB or 1MiB"))
            }
        }
        if let block = configuration.l1?.blockSize, block != 4_096 {
            problems.append(
                document.problem(
                    "l1.block_size", "\(ByteSize.format(block)) is not what RAM blocks have",
                    "write 4KiB or remove the key"))
        }
        if configuration.l1?.persistent == true || configuration.l1?.storagePath != nil {
            problems.append(
                document.problem(
                    configuration.l1?.persistent == true ? "l1.persistent" : "l1.storage_path",
                    "l1 is RAM and keeps nothing over a restart", "use l2 for that"))
        }
        return problems
    }

    private static func doorProblems(
        _ document: ConfigDocument, _ settings: ServerSettings
    ) -> [ConfigProblem] {
        var problems: [ConfigProblem] = []
        let configuration = document.configuration
        let isInsecure = configuration.insecure ?? false
        if settings.listen.isEmpty, settings.unixPath == nil {
            problems.append(
                document.problem(
                    "listen", "there is no address and no unix socket: nobody could connect",
                    "name an address or a unix path"))
        }
        for address in settings.listen
        where !AddressText.isLoopback(address) && settings.password == nil && !isInsecure {
            problems.append(
                document.problem(
                    "listen",
                    "\(AddressText.format(address)) is open to other machines, and no password "
                        + "is set",
                    "set password_file, listen on 127.0.0.1, or accept the risk with "
                        + "insecure: true"))
        }
        if case .at(let address)? = configuration.stats, !AddressText.isLoopback(address),
            !isInsecure
        {
            problems.append(
                document.problem(
                    "stats",
                    "\(AddressText.format(address)) is open to other machines, and the stats port "
                        + "has no password",
                    "keep it on 127.0.0.1 behind a proxy, or accept the risk with insecure: true"))
        }
        if configuration.password != nil, configuration.passwordFile != nil {
            problems.append(
                document.problem(
                    "password_file", "password and password_file are both given", "keep one"))
        }
        return problems
    }
}
