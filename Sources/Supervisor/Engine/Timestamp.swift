/// Times as people read them: RFC 3339 in UTC with nanoseconds, as Cog writes them
/// (`2026-08-21T09:30:00.123456789+00:00`).
package enum Timestamp {
    private static let nanosecondsPerSecond: UInt64 = 1_000_000_000
    private static let secondsPerDay: UInt64 = 86_400

    /// - Parameter wall: nanoseconds since 1970-01-01T00:00:00Z.
    package static func text(_ wall: UInt64) -> String {
        var bytes: [UInt8] = []
        append(wall, to: &bytes)
        return String(decoding: bytes, as: UTF8.self)
    }

    /// Appends the same without building a string: every prediction has three of them.
    static func append(_ wall: UInt64, to output: inout [UInt8]) {
        let seconds = wall / nanosecondsPerSecond
        let (year, month, day) = civil(days: Int(seconds / secondsPerDay))
        let time = Int(seconds % secondsPerDay)
        appendPadded(year, 4, to: &output)
        for (separator, number) in [
            (UInt8(ascii: "-"), month), (UInt8(ascii: "-"), day), (UInt8(ascii: "T"), time / 3600),
            (UInt8(ascii: ":"), time / 60 % 60), (UInt8(ascii: ":"), time % 60),
        ] {
            output.append(separator)
            appendPadded(number, 2, to: &output)
        }
        output.append(UInt8(ascii: "."))
        appendPadded(Int(wall % nanosecondsPerSecond), 9, to: &output)
        output.append(contentsOf: "+00:00".utf8)
    }

    /// The proleptic Gregorian date of a day counted from 1970-01-01. The year is taken to begin in March, so that the
    /// leap day is its last, and 400 years are 146,097 days.
    private static func civil(days: Int) -> (year: Int, month: Int, day: Int) {
        let fromMarchOfYearZero = days + 719_468
        let era = fromMarchOfYearZero / 146_097
        let dayOfEra = fromMarchOfYearZero % 146_097
        let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let shiftedMonth = (5 * dayOfYear + 2) / 153
        let day = dayOfYear - (153 * shiftedMonth + 2) / 5 + 1
        let month = shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9
        return (yearOfEra + era * 400 + (month <= 2 ? 1 : 0), month, day)
    }

    private static func appendPadded(_ number: Int, _ width: Int, to output: inout [UInt8]) {
        let start = output.count
        output.append(contentsOf: repeatElement(UInt8(ascii: "0"), count: width))
        var rest = number
        var place = output.count
        while rest > 0, place > start {
            place -= 1
            output[place] += UInt8(rest % 10)
            rest /= 10
        }
    }
}
