/// Finds commands by name.
///
/// A name of up to eight bytes is one 64-bit word, longer ones (at most 16) two; both are lowered
/// by setting bit 5 and compared with constants: GET and SET first, the rest by a switch, which
/// compiles to a binary search. Bit 5 maps no byte but an upper-case letter to a lower-case one, so
/// only the dot of `CAIRN.` has an alias (0x0E), which `lookup` refuses. The constants are the
/// names' little-endian bytes; a test looks up every name.
package enum CommandTable {
    /// The longest name, bytes.
    static let nameBytesMax = 16

    /// The command called `name` in any case; `nil`: there is none.
    package static func lookup(_ name: Bytes) -> CommandID? {
        let count = name.count
        if count == 3 {
            let word = UInt32(name.load(0, as: UInt16.self)) | UInt32(name[2]) << 16 | 0x20_2020
            if word == 0x74_6567 { return .get }
            if word == 0x74_6573 { return .set }
            return lookupShort(UInt64(word))
        }
        if count >= 4 && count <= 8 {
            // Two overlapping loads cover four to eight bytes.
            let low = UInt64(name.load(0, as: UInt32.self)) | 0x2020_2020
            let high = UInt64(name.load(count &- 4, as: UInt32.self)) | 0x2020_2020
            return lookupShort(low | high << UInt64((count &- 4) &* 8))
        }
        if count > 8 && count <= nameBytesMax { return lookupLong(name) }
        return nil
    }

    /// Whether `name` starts an HTTP request: `POST`, `Host:`. A browser was led here by a hostile
    /// page; Redis closes such a connection without a reply.
    package static func isHTTP(_ name: Bytes) -> Bool {
        name.equalsIgnoringCase("post") || name.equalsIgnoringCase("host:")
    }

    private static func lookupShort(_ word: UInt64) -> CommandID? {
        switch word {
        case 0x7465_676D: .mget
        case 0x7465_736D: .mset
        case 0x6567_6E61_7274_6567: .getrange
        case 0x6567_6E61_7274_6573: .setrange
        case 0x78_6E74_6573: .setnx
        case 0x78_6574_6573: .setex
        case 0x7865_7465_7370: .psetex
        case 0x78_6574_6567: .getex
        case 0x6C65_6474_6567: .getdel
        case 0x7465_7374_6567: .getset
        case 0x786E_7465_736D: .msetnx
        case 0x7274_7362_7573: .substr
        case 0x646E_6570_7061: .append
        case 0x6E65_6C72_7473: .strlen
        case 0x7263_6E69: .incr
        case 0x7263_6564: .decr
        case 0x7962_7263_6E69: .incrby
        case 0x7962_7263_6564: .decrby
        case 0x6C_6564: .del
        case 0x6B6E_696C_6E75: .unlink
        case 0x7374_7369_7865: .exists
        case 0x68_6375_6F74: .touch
        case 0x6570_7974: .type
        case 0x6572_6970_7865: .expire
        case 0x65_7269_7078_6570: .pexpire
        case 0x7461_6572_6970_7865: .expireat
        case 0x6C_7474: .ttl
        case 0x6C74_7470: .pttl
        case 0x74_7369_7372_6570: .persist
        case 0x6E61_6373: .scan
        case 0x7379_656B: .keys
        case 0x656D_616E_6572: .rename
        case 0x786E_656D_616E_6572: .renamenx
        case 0x7970_6F63: .copy
        case 0x7463_656A_626F: .object
        case 0x7469_6177: .wait
        case 0x676E_6970: .ping
        case 0x6F68_6365: .echo
        case 0x6F_6C6C_6568: .hello
        case 0x6874_7561: .auth
        case 0x7463_656C_6573: .select
        case 0x746E_6569_6C63: .client
        case 0x74_6573_6572: .reset
        case 0x7469_7571: .quit
        case 0x69_746C_756D: .multi
        case 0x6365_7865: .exec
        case 0x64_7261_6373_6964: .discard
        case 0x68_6374_6177: .watch
        case 0x68_6374_6177_6E75: .unwatch
        case 0x68_7369_6C62_7570: .publish
        case 0x6275_7362_7570: .pubsub
        case 0x6F66_6E69: .info
        case 0x657A_6973_6264: .dbsize
        case 0x62_6468_7375_6C66: .flushdb
        case 0x6C6C_6168_7375_6C66: .flushall
        case 0x6769_666E_6F63: .config
        case 0x64_6E61_6D6D_6F63: .command
        case 0x7972_6F6D_656D: .memory
        case 0x67_6F6C_776F_6C73: .slowlog
        case 0x79_636E_6574_616C: .latency
        case 0x67_7562_6564: .debug
        case 0x656D_6974: .time
        case 0x6E77_6F64_7475_6873: .shutdown
        default: nil
        }
    }

    private static func lookupLong(_ name: Bytes) -> CommandID? {
        let low = name.load(0, as: UInt64.self) | 0x2020_2020_2020_2020
        let tail = name.load(name.count &- 8, as: UInt64.self) | 0x2020_2020_2020_2020
        // The last eight bytes overlap the first: shift out what `low` already holds.
        let high = tail >> UInt64((16 &- name.count) &* 8)
        guard let found = longName(low), found.rest == high else { return nil }
        let dot = UInt8(ascii: ".")
        return UInt8(truncatingIfNeeded: low >> 40) == dot && name[5] != dot ? nil : found.id
    }

    /// Names of more than eight bytes by their first eight, which are all different, and the rest.
    private static func longName(_ low: UInt64) -> (id: CommandID, rest: UInt64)? {
        switch low {
        case 0x6C66_7962_7263_6E69: (.incrbyfloat, 0x74_616F)
        case 0x6165_7269_7078_6570: (.pexpireat, 0x74)
        case 0x6974_6572_6970_7865: (.expiretime, 0x656D)
        case 0x7465_7269_7078_6570: (.pexpiretime, 0x65_6D69)
        case 0x656B_6D6F_646E_6172: (.randomkey, 0x79)
        case 0x6269_7263_7362_7573: (.subscribe, 0x65)
        case 0x7263_7362_7573_6E75: (.unsubscribe, 0x65_6269)
        case 0x6972_6373_6275_7370: (.psubscribe, 0x6562)
        case 0x6373_6275_736E_7570: (.punsubscribe, 0x6562_6972)
        case 0x7570_2E6E_7269_6163: (.cairnPut, 0x74)
        case 0x6567_2E6E_7269_6163: (.cairnGet, 0x74)
        case 0x7473_2E6E_7269_6163: (.cairnStat, 0x7461)
        case 0x7270_2E6E_7269_6163: (.cairnPrefetch, 0x6863_7465_6665)
        case 0x6E69_2E6E_7269_6163: (.cairnInvalidate, 0x6574_6164_696C_6176)
        case 0x6C66_2E6E_7269_6163: (.cairnFlush, 0x68_7375)
        case 0x736C_2E6E_7269_6163: (.cairnLstat, 0x74_6174)
        case 0x696C_2E6E_7269_6163: (.cairnList, 0x7473)
        case 0x6178_2E6E_7269_6163: (.cairnXattr, 0x72_7474)
        default: nil
        }
    }

    /// The subcommand of `command` called `name`; `nil`: none, or `command` is no container.
    package static func lookup(_ command: CommandID, _ name: Bytes) -> SubcommandID? {
        guard let range = subcommands(of: command) else { return nil }
        for raw in range {
            guard let id = SubcommandID(rawValue: raw) else { return nil }
            let full = Bytes(spec(id).name)
            // "client|" is not part of what is compared.
            let prefix = spec(command).name.utf8CodeUnitCount + 1
            if name.equalsIgnoringCase(full.dropping(prefix)) { return id }
        }
        return nil
    }

    /// The raw values of the subcommands of `command`; `nil`: it is no container.
    package static func subcommands(of command: CommandID) -> ClosedRange<UInt8>? {
        switch command {
        case .object: SubcommandID.objectEncoding.rawValue...SubcommandID.objectHelp.rawValue
        case .client: SubcommandID.clientId.rawValue...SubcommandID.clientHelp.rawValue
        case .pubsub: SubcommandID.pubsubChannels.rawValue...SubcommandID.pubsubHelp.rawValue
        case .config: SubcommandID.configGet.rawValue...SubcommandID.configHelp.rawValue
        case .command: SubcommandID.commandCount.rawValue...SubcommandID.commandHelp.rawValue
        case .memory: SubcommandID.memoryUsage.rawValue...SubcommandID.memoryHelp.rawValue
        case .slowlog: SubcommandID.slowlogGet.rawValue...SubcommandID.slowlogHelp.rawValue
        case .latency: SubcommandID.latencyLatest.rawValue...SubcommandID.latencyHelp.rawValue
        default: nil
        }
    }
}
