import Testing

@testable import Cairn

@Suite struct CommandTableTests {
    private func lookup(_ name: String) -> CommandID? {
        let bytes = TestBytes(name)
        return CommandTable.lookup(bytes.bytes)
    }

    @Test func `every command is found by its name in any case`() {
        for id in CommandID.allCases {
            let name = CommandTable.spec(id).name.description
            #expect(lookup(name) == id, "\(name)")
            #expect(lookup(name.uppercased()) == id, "\(name)")
            #expect(lookup(name.prefix(1).uppercased() + name.dropFirst()) == id, "\(name)")
        }
    }

    @Test func `no other name is found`() {
        let known = Set(CommandID.allCases.map { CommandTable.spec($0).name.description })
        for id in CommandID.allCases {
            var name = Array(CommandTable.spec(id).name.description.utf8)
            for index in name.indices {
                let original = name[index]
                for byte in UInt8.min...UInt8.max {
                    name[index] = byte
                    let bytes = TestBytes(name)
                    guard let found = CommandTable.lookup(bytes.bytes) else { continue }
                    let text = String(decoding: name, as: UTF8.self).lowercased()
                    if byte >= 0x80 || !known.contains(text) {
                        Issue.record("\(name) was taken for \(found)")
                    }
                }
                name[index] = original
            }
            let longer = TestBytes(name + [0])
            #expect(CommandTable.lookup(longer.bytes) == nil)
        }
        #expect(lookup("") == nil)
        #expect(lookup("g") == nil)
        #expect(lookup("ge") == nil)
        #expect(lookup(String(repeating: "a", count: 17)) == nil)
    }

    @Test func `every subcommand is found under its container only`() {
        for id in SubcommandID.allCases {
            let parts = CommandTable.spec(id).name.description.split(separator: "|")
            let container = lookup(String(parts[0]))
            let name = TestBytes(parts[1].uppercased())
            #expect(container != nil && CommandTable.lookup(container!, name.bytes) == id)
            #expect(CommandTable.lookup(.get, name.bytes) == nil)
        }
        let unknown = TestBytes("nosuch")
        #expect(CommandTable.lookup(.client, unknown.bytes) == nil)
    }

    /// Name, arity, first key, last key, step and flags as redis-server 7.0.15's `COMMAND` gives
    /// them (`redis-cli --json COMMAND`).
    @Test(arguments: RedisFacts.commands)
    func `the facts are those of redis-server 7_0`(fact: RedisFact) throws {
        let spec: CommandSpec
        if fact.name.contains("|") {
            let id = SubcommandID.allCases.first {
                CommandTable.spec($0).name.description == fact.name
            }
            spec = CommandTable.spec(try #require(id))
        } else {
            spec = CommandTable.spec(try #require(lookup(fact.name)))
        }
        #expect(spec.name.description == fact.name)
        #expect(Int(spec.arity) == fact.arity)
        #expect(
            [spec.keys.first, spec.keys.last, spec.keys.step].map(Int.init)
                == [fact.first, fact.last, fact.step])
        let flags = (0..<CommandFlags.known)
            .filter { spec.flags.contains(CommandFlags(rawValue: 1 << UInt32($0))) }
            .map { CommandFlags.name(bit: $0).description }
        #expect(Set(flags) == Set(fact.flags.split(separator: " ").map(String.init)))
        let categories = (0..<CommandCategories.known)
            .filter { spec.categories.contains(CommandCategories(rawValue: 1 << UInt16($0))) }
            .map { CommandCategories.name(bit: $0).description }
        #expect(Set(categories) == Set(fact.categories.split(separator: " ").map { "@" + $0 }))
    }

    @Test func `every command of Redis's that we have is among the facts`() {
        let facts = Set(RedisFacts.commands.map(\.name))
        for id in CommandID.allCases {
            let spec = CommandTable.spec(id)
            #expect(
                facts.contains(spec.name.description)
                    || spec.name.description.hasPrefix("cairn."))
        }
        // Later than 7.0.
        let later: Set = ["client|setinfo", "client|no-touch"]
        for id in SubcommandID.allCases {
            let name = CommandTable.spec(id).name.description
            #expect(facts.contains(name) != later.contains(name), "\(name)")
        }
    }

    @Test func `traits repeat the spec`() {
        let table = CommandTraitsTable()
        for id in CommandID.allCases {
            let spec = CommandTable.spec(id)
            #expect(table[id].flags == spec.flags && table[id].arity == spec.arity)
            #expect(table[id].firstKey == spec.keys.first && table[id].lastKey == spec.keys.last)
            #expect(table[id].keyStep == spec.keys.step)
        }
    }

    @Test func `arity decides how many arguments are taken`() {
        #expect(CommandTable.spec(.get).accepts(argumentCount: 2))
        #expect(!CommandTable.spec(.get).accepts(argumentCount: 1))
        #expect(!CommandTable.spec(.get).accepts(argumentCount: 3))
        #expect(CommandTable.spec(.set).accepts(argumentCount: 3))
        #expect(CommandTable.spec(.set).accepts(argumentCount: 9))
        #expect(!CommandTable.spec(.set).accepts(argumentCount: 2))
        #expect(CommandTable.spec(.mset).lastKey(argumentCount: 5) == 4)
        #expect(CommandTable.spec(.rename).lastKey(argumentCount: 3) == 2)
    }

    @Test func `documents and help exist for everything`() {
        for id in CommandID.allCases {
            let docs = CommandTable.docs(id)
            #expect(docs.summary.utf8CodeUnitCount >= 8 && docs.since.utf8CodeUnitCount >= 5)
        }
        for id in SubcommandID.allCases {
            #expect(CommandTable.docs(id).summary.utf8CodeUnitCount > 10)
        }
        for id in CommandID.allCases where CommandTable.subcommands(of: id) != nil {
            #expect(CommandHelp.lineCount(id) > 4, "\(id)")
            let out = FixedArray<UInt8>(repeating: 0, count: 8192)
            let end = CommandHelp.reply(id, into: out.bytes, at: 0)
            let text = end.map { out.bytes.bytes.slice(0, $0).text } ?? ""
            #expect(text.hasPrefix("*\(CommandHelp.lineCount(id))\r\n+"))
            #expect(text.hasSuffix("+HELP\r\n+    Prints this help.\r\n"))
        }
        #expect(CommandHelp.lineCount(.get) == 0)
    }

    @Test func `a browser's request is recognised`() {
        for (name, expected) in [("POST", true), ("Host:", true), ("GET", false), ("", false)] {
            let bytes = TestBytes(name)
            #expect(CommandTable.isHTTP(bytes.bytes) == expected)
        }
    }
}

/// One line of `COMMAND`.
struct RedisFact: Sendable, CustomTestStringConvertible {
    var name: String
    var arity: Int
    var first: Int
    var last: Int
    var step: Int
    var flags: String
    var categories: String

    init(
        _ name: String, _ arity: Int, _ first: Int, _ last: Int, _ step: Int, _ flags: String,
        _ categories: String
    ) {
        self.name = name
        self.arity = arity
        self.first = first
        self.last = last
        self.step = step
        self.flags = flags
        self.categories = categories
    }

    var testDescription: String { name }
}
