/// Reads and writes durations and sizes as people write them.
package enum Quantity {
    private static let durationUnits: [(suffix: String, nanoseconds: UInt64)] = [
        ("ns", 1), ("us", 1_000), ("ms", 1_000_000), ("s", 1_000_000_000), ("m", 60_000_000_000),
        ("h", 3_600_000_000_000), ("d", 86_400_000_000_000),
    ]

    private static let sizeUnits: [(suffix: String, bytes: UInt64)] = [
        ("B", 1), ("kB", 1_000), ("MB", 1_000_000), ("GB", 1_000_000_000),
        ("TB", 1_000_000_000_000), ("KiB", 1 << 10), ("MiB", 1 << 20), ("GiB", 1 << 30), ("TiB", 1 << 40),
    ]

    /// `30s`, `500ms`, `1.5h`, `1m30s`; without a unit, a count of `plainUnit`. Nil when it is none of these.
    package static func nanoseconds(_ text: some StringProtocol, plainUnit: Nanoseconds) -> Nanoseconds? {
        var rest = Substring(text)
        if let plain = decimal(rest, unit: plainUnit) { return plain }
        var total: UInt64 = 0
        while !rest.isEmpty {
            let number = rest.prefix { $0.isASCII && ($0.isNumber || $0 == ".") }
            rest = rest.dropFirst(number.count)
            let suffix = rest.prefix { $0.isLetter }
            rest = rest.dropFirst(suffix.count)
            guard let unit = durationUnits.first(where: { $0.suffix == suffix }),
                let part = decimal(number, unit: unit.nanoseconds)
            else { return nil }
            let (sum, overflow) = total.addingReportingOverflow(part)
            if overflow { return nil }
            total = sum
        }
        return text.isEmpty ? nil : total
    }

    /// `64MiB`, `1.5 GiB`, `100MB`; without a unit, bytes. Nil when it is none of these.
    package static func bytes(_ text: some StringProtocol) -> Int? {
        let number = text.prefix { $0.isASCII && ($0.isNumber || $0 == ".") }
        let suffix = text.dropFirst(number.count).drop { $0 == " " }.lowercased()
        guard let unit = suffix.isEmpty ? 1 : sizeUnits.first(where: { $0.suffix.lowercased() == suffix })?.bytes,
            let value = decimal(number, unit: unit)
        else { return nil }
        return Int(exactly: value)
    }

    /// Exactly `text` × `unit`; nil when `text` is no plain decimal number or the product no whole one in range.
    private static func decimal(_ text: some StringProtocol, unit: UInt64) -> UInt64? {
        let parts = text.split(separator: ".", maxSplits: 1, omittingEmptySubsequences: false)
        guard let whole = digits(parts[0]) else { return nil }
        let (product, overflow) = whole.multipliedReportingOverflow(by: unit)
        if overflow { return nil }
        guard parts.count == 2 else { return product }
        // Nine digits suffice for the nanoseconds of a second; more would only pretend to be exact.
        guard (1...9).contains(parts[1].utf8.count), let fraction = digits(parts[1]) else { return nil }
        let scale = (0..<parts[1].utf8.count).reduce(UInt64(1)) { power, _ in power * 10 }
        let scaled = fraction.multipliedFullWidth(by: unit)
        let (quotient, remainder) = scale.dividingFullWidth(scaled)
        guard remainder == 0 else { return nil }
        let (sum, sumOverflow) = product.addingReportingOverflow(quotient)
        return sumOverflow ? nil : sum
    }

    private static func digits(_ text: some StringProtocol) -> UInt64? {
        guard !text.isEmpty, text.utf8.allSatisfy({ (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }) else {
            return nil
        }
        return UInt64(text)
    }

    /// The shortest way to write a duration exactly with one unit: `90s`, `5m`, `500ms`.
    package static func text(nanoseconds: Nanoseconds) -> String {
        if nanoseconds == 0 { return "0s" }
        for unit in durationUnits.reversed() where nanoseconds % unit.nanoseconds == 0 {
            // One day is rather thought of as 24 hours.
            if unit.suffix == "d", nanoseconds == unit.nanoseconds { continue }
            return "\(nanoseconds / unit.nanoseconds)\(unit.suffix)"
        }
        return "\(nanoseconds)ns"
    }

    /// The shortest way to write a size exactly: `64MiB`, `1000B`.
    package static func text(bytes: Int) -> String {
        if bytes == 0 { return "0B" }
        for unit in sizeUnits.reversed() where unit.suffix.contains("i") && bytes % Int(unit.bytes) == 0 {
            return "\(bytes / Int(unit.bytes))\(unit.suffix)"
        }
        return "\(bytes)B"
    }
}
