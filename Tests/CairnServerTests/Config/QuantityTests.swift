import Testing

@testable import CairnServer

@Suite struct QuantityTests {
    @Test(arguments: [
        ("4096", 4_096), ("0", 0), ("1b", 1), ("64k", 65_536), ("512MiB", 512 << 20),
        ("512 MiB", 512 << 20), ("10GiB", 10 << 30), ("1GB", 1_000_000_000), ("1.5GiB", 3 << 29),
        ("2tib", 2 << 40), ("1_000_000", 1_000_000), ("0.1KiB", 102), ("1TB", 1_000_000_000_000),
    ])
    func `sizes read as bytes`(text: String, bytes: Int) throws {
        #expect(try ByteSize.parse(text) == bytes)
    }

    @Test(arguments: [
        "", "MiB", "-1", "1XiB", "1.2.3GiB", "0x10", "1e9", "99999999999999999999", "9000000TiB",
        ".5GiB", "1.GiB", "1.1234567890GiB", "١KiB",
    ])
    func `what is no size is refused`(text: String) {
        #expect(throws: QuantityError.self) { try ByteSize.parse(text) }
    }

    @Test(arguments: [
        ("30s", 30_000_000), ("30", 30_000_000), ("0", 0), ("5m", 300_000_000),
        ("2h", 7_200_000_000), ("250ms", 250_000), ("10us", 10), ("1h30m", 5_400_000_000),
        ("1.5s", 1_500_000), ("1d", 86_400_000_000), ("2m0.5s", 120_500_000), ("0.5", 500_000),
    ])
    func `durations read as microseconds`(text: String, microseconds: Int) throws {
        #expect(try Span.parse(text) == microseconds)
    }

    @Test(arguments: ["", "s", "-5s", "5y", "1h30", "5 minutes", "99999999999999d", "1s1", "m5"])
    func `what is no duration is refused`(text: String) {
        #expect(throws: QuantityError.self) { try Span.parse(text) }
    }

    @Test func `what is printed reads back as the same number`() throws {
        for bytes in [0, 1, 1_023, 1_024, 1_500, 65_536, 1 << 20, 3 << 29, 10 << 30, 1 << 40] {
            #expect(try ByteSize.parse(ByteSize.format(bytes)) == bytes)
        }
        for time in [0, 1, 999, 1_000, 1_500_000, 30_000_000, 90_000_000, 86_400_000_000] {
            #expect(try Span.parse(Span.format(time)) == time)
        }
        #expect(ByteSize.format(512 << 20) == "512MiB")
        #expect(Span.format(300_000_000) == "5m")
        #expect(ByteSize.approximate(25_274_654_720) == "23.5 GiB")
    }

    @Test(arguments: [
        ("memory_limt", "memory_limit"), ("evicton_policy", "eviction_policy"),
        ("lsiten", "listen"), ("TTL", "ttl"),
    ])
    func `a typo finds the key that was meant`(typed: String, meant: String) {
        let names = ["memory_limit", "eviction_policy", "listen", "ttl", "max_size"]
        #expect(NearestName.find(typed, among: names) == meant)
    }

    @Test func `a word that is like none finds none`() {
        #expect(NearestName.find("replication", among: ["listen", "ttl", "shards"]) == nil)
    }

    @Test func `processor lists read and print`() throws {
        #expect(try CPUList.parse("0,2-5") == [0, 2, 3, 4, 5])
        #expect(try CPUList.parse("3") == [3])
        #expect(CPUList.format([0, 2, 3, 4, 5, 9]) == "0,2-5,9")
        for bad in ["", "a", "5-2", "1,,2", "-1", "0,0", "1-2-3", "9000"] {
            #expect(throws: ConfigValueError.self) { try CPUList.parse(bad) }
        }
    }

    @Test func `addresses read and print`() throws {
        for text in ["127.0.0.1:6390", "[::1]:6390", "0.0.0.0:0"] {
            #expect(AddressText.format(try AddressText.parse(text)) == text)
        }
        #expect(AddressText.format(try AddressText.parse("localhost:1")) == "127.0.0.1:1")
        #expect(AddressText.format(try AddressText.parse("*:1")) == "0.0.0.0:1")
        for bad in ["127.0.0.1", "127.0.0.1:", "127.0.0.1:65536", "::1:6390", "host:1", "1.2.3:4"] {
            #expect(throws: ConfigValueError.self) { try AddressText.parse(bad) }
        }
    }
}
