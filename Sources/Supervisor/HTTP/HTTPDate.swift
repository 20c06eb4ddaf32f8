/// The value of a `date` header, such as `Sun, 06 Nov 1994 08:49:37 GMT` (IMF-fixdate, RFC 9110 § 5.6.7).
///
/// Kept between answers: it is computed anew only when the second has changed.
package struct HTTPDate: Sendable {
    /// 29 bytes; empty before the first `update`.
    package private(set) var bytes: [UInt8] = []
    private var second: Int64?

    /// The last second of the year 9999; the format has no fifth digit.
    private static var lastSecond: Int64 { 253_402_300_799 }
    private static var secondsPerDay: Int64 { 86_400 }

    package init() {}

    package init(secondsSinceEpoch: Int64) {
        update(secondsSinceEpoch: secondsSinceEpoch)
    }

    /// Sets the time, in seconds since 1970-01-01 00:00 UTC; times outside 1970…9999 are moved to the nearest end.
    package mutating func update(secondsSinceEpoch: Int64) {
        guard second != secondsSinceEpoch else { return }
        second = secondsSinceEpoch
        bytes.removeAll(keepingCapacity: true)
        Self.append(min(max(secondsSinceEpoch, 0), Self.lastSecond), to: &bytes)
    }

    private static func append(_ seconds: Int64, to output: inout [UInt8]) {
        let days = seconds / secondsPerDay
        let time = Int(seconds % secondsPerDay)
        let (year, month, day) = civilDate(daysSinceEpoch: Int(days))
        appendName("ThuFriSatSunMonTueWed", Int(days % 7), to: &output)  // 1970-01-01 was a Thursday.
        output.append(ASCII.comma)
        output.append(ASCII.space)
        appendTwoDigits(day, then: ASCII.space, to: &output)
        appendName("JanFebMarAprMayJunJulAugSepOctNovDec", month - 1, to: &output)
        output.append(ASCII.space)
        appendTwoDigits(year / 100, then: nil, to: &output)
        appendTwoDigits(year % 100, then: ASCII.space, to: &output)
        appendTwoDigits(time / 3600, then: ASCII.colon, to: &output)
        appendTwoDigits(time / 60 % 60, then: ASCII.colon, to: &output)
        appendTwoDigits(time % 60, then: ASCII.space, to: &output)
        output.append(contentsOf: "GMT".utf8)
    }

    /// Year, month and day of the Gregorian calendar. Years are counted from March, so that the leap day is the last
    /// of its year and the months before it have fixed lengths.
    private static func civilDate(daysSinceEpoch: Int) -> (year: Int, month: Int, day: Int) {
        let daysPerEra = 146_097  // 400 years
        let sinceMarch0000 = daysSinceEpoch + 719_468
        let era = sinceMarch0000 / daysPerEra
        let dayOfEra = sinceMarch0000 % daysPerEra
        let yearOfEra = (dayOfEra - dayOfEra / 1_460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        // Five months from March on have 153 days, twice and a bit.
        let monthFromMarch = (5 * dayOfYear + 2) / 153
        let day = dayOfYear - (153 * monthFromMarch + 2) / 5 + 1
        let month = monthFromMarch < 10 ? monthFromMarch + 3 : monthFromMarch - 9
        return (era * 400 + yearOfEra + (month <= 2 ? 1 : 0), month, day)
    }

    private static func appendName(_ names: StaticString, _ index: Int, to output: inout [UInt8]) {
        for offset in 0..<3 { output.append(names.utf8Start[3 * index + offset]) }
    }

    private static func appendTwoDigits(_ number: Int, then separator: UInt8?, to output: inout [UInt8]) {
        output.append(UInt8(truncatingIfNeeded: 0x30 + number / 10))
        output.append(UInt8(truncatingIfNeeded: 0x30 + number % 10))
        if let separator { output.append(separator) }
    }
}
