import Service
import TestSupport
import Testing

@Suite struct QuantityTests {
    @Test(
        arguments: [
            ("30s", 30_000_000_000), ("500ms", 500_000_000), ("5m", 300_000_000_000), ("1.5h", 5_400_000_000_000),
            ("1m30s", 90_000_000_000), ("10us", 10_000), ("7ns", 7), ("2d", 172_800_000_000_000),
            ("15", 15_000_000_000),
            ("0.25", 250_000_000), ("0", 0), ("1.000000001", 1_000_000_001), ("0s", 0),
        ] as [(String, UInt64)])
    func readsDurations(text: String, nanoseconds: UInt64) {
        #expect(Quantity.nanoseconds(text, plainUnit: .seconds(1)) == nanoseconds)
    }

    @Test(arguments: [
        "", "s", "-1s", "+1", "1 s", "1x", "1s2", "s1", "1.s", ".5s", "1e3", "1.0000000001", "99999999999999999999",
        "213504d1h", "1.5ns", "٣s", "1..5s", "NaN",
    ])
    func refusesOtherDurations(text: String) {
        #expect(Quantity.nanoseconds(text, plainUnit: .seconds(1)) == nil)
    }

    @Test(arguments: [
        ("64MiB", 64 << 20), ("64 mib", 64 << 20), ("1.5GiB", 3 << 29), ("10kB", 10_000), ("1GB", 1_000_000_000),
        ("123", 123), ("0", 0), ("5B", 5), ("2TiB", 2 << 40),
    ])
    func readsSizes(text: String, bytes: Int) {
        #expect(Quantity.bytes(text) == bytes)
    }

    @Test(arguments: ["", "MiB", "-1", "1M", "1.5", "1.3B", "64MiBx", "1 2", "9000000000GiB", "0x10"])
    func refusesOtherSizes(text: String) {
        #expect(Quantity.bytes(text) == nil)
    }

    @Test(
        arguments: [
            (.seconds(90), "90s"), (.seconds(300), "5m"), (.seconds(86_400), "24h"), (.seconds(172_800), "2d"),
            (.milliseconds(2500), "2500ms"), (1, "1ns"), (0, "0s"), (1500, "1500ns"),
        ] as [(Nanoseconds, String)])
    func writesDurations(nanoseconds: Nanoseconds, text: String) {
        #expect(Quantity.text(nanoseconds: nanoseconds) == text)
    }

    @Test func readsWhatItWrites() {
        let seed: UInt64 = 0x5EED_0004
        var generator = SeededGenerator(seed: seed)
        for _ in 0..<2000 {
            let shift = UInt64.random(in: 0..<60, using: &generator)
            let value = UInt64.random(in: 0..<1 << 62, using: &generator) >> shift
            let duration = Quantity.text(nanoseconds: value)
            #expect(Quantity.nanoseconds(duration, plainUnit: 1) == value, "seed \(seed): \(duration)")
            let size = Quantity.text(bytes: Int(value))
            #expect(Quantity.bytes(size) == Int(value), "seed \(seed): \(size)")
        }
    }

    @Test(arguments: [
        ("wokers", "workers"), ("teh", "the"), ("hots", "host"), ("prot", "port"), ("concurency", "concurrency"),
    ])
    func guessesNames(typed: String, meant: String) {
        #expect(NearestName.of(typed, among: ["workers", "the", "host", "port", "concurrency"]) == meant)
    }

    @Test func guessesNothingFarFetched() {
        #expect(NearestName.of("zebra", among: ["workers", "host"]) == nil)
        #expect(NearestName.of("x", among: []) == nil)
    }
}
