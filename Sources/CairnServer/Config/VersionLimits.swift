import Cairn

/// What a valid configuration may ask for and this version doesn't have.
///
/// A key that promises something is refused at start when nothing could keep the promise; a key
/// that promises nothing by itself (an interval) is only noted. Neither is silent.
enum VersionLimits {
    /// One sentence for each thing this version can't start.
    static func refusals(_ document: ConfigDocument) -> [ConfigProblem] {
        levels(document) + switches(document) + named(document)
    }

    private static func levels(_ document: ConfigDocument) -> [ConfigProblem] {
        var list: [ConfigProblem] = []
        let configuration = document.configuration
        if configuration.l2 != nil {
            list.append(
                document.problem(
                    "l2", "the SSD level is not part of this version", "remove l2 (and --ssd)"))
        }
        if configuration.l3 != nil {
            list.append(
                document.problem(
                    "l3", "the network level is not part of this version", "remove l3"))
        }
        if configuration.l1?.writeBehind == true {
            list.append(
                document.problem(
                    "l1.write_behind", "there is no level below l1 to write to later",
                    "set it to false or remove it"))
        }
        if configuration.l1?.evictionPolicy == .adaptive {
            list.append(
                document.problem(
                    "l1.eviction_policy", "the adaptive policy is not part of this version",
                    "use lru, lfu or ttl"))
        }
        return list
    }

    private static func switches(_ document: ConfigDocument) -> [ConfigProblem] {
        let configuration = document.configuration
        let all: [(key: String, isOn: Bool?, what: String)] = [
            ("enable_prefetch", configuration.enablePrefetch, "prefetching works on lower levels"),
            (
                "enable_coalescing", configuration.enableCoalescing,
                "coalescing works on writes to lower levels"
            ),
            (
                "enable_coherence", configuration.enableCoherence,
                "coherence works between several nodes"
            ),
            (
                "compression_enabled", configuration.compressionEnabled,
                "compression works on lower levels"
            ),
            (
                "encryption_enabled", configuration.encryptionEnabled,
                "encryption works on lower levels"
            ),
        ]
        return all.filter { $0.isOn == true }.map {
            document.problem(
                $0.key, "\($0.what), which this version does not have",
                "set it to false or remove it")
        }
    }

    private static func named(_ document: ConfigDocument) -> [ConfigProblem] {
        var list: [ConfigProblem] = []
        let configuration = document.configuration
        let parts: [(key: String, isThere: Bool, what: String, remedy: String)] = [
            (
                "volumes", !configuration.volumes.isEmpty, "block volumes are",
                "remove volumes (and --volume)"
            ),
            ("trees", !configuration.trees.isEmpty, "trees are", "remove trees"),
            ("nbd", configuration.nbd != nil, "the NBD server is", "remove nbd (and --nbd)"),
        ]
        for part in parts where part.isThere {
            list.append(
                document.problem(
                    part.key, "\(part.what) not part of this version", part.remedy))
        }
        return list
    }

    /// Keys that are valid and change nothing here.
    static func notes(_ document: ConfigDocument) -> [String] {
        guard document.configuration.syncInterval != nil else { return [] }
        return [
            document.problem(
                "sync_interval", "has no effect: no level of this version is persistent",
                "remove it, or leave it for later"
            ).text
        ]
    }
}
