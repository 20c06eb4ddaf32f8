/// Times as people read them: RFC 3339 in UTC with nanoseconds, as Cog writes them
/// (`2026-08-21T09:30:00.123456789+00:00`).
package enum Timestamp {
    private static let nanosecondsPerSecond: UInt64 = 1_000_000_000
    private static let secondsPerDay: UInt64 = 86_400

    /// - Parameter wall: nanoseconds since 1970-01-01T00:00:00Z.
    package static func text(_ wall: UInt64) -> String {
        let seconds = wall / nanosecondsPerSecond
        let (year, month, day) = civil(days: Int(seconds / secondsPerDay))
        let time = seconds % secondsPerDay
        return padded(year, 4) + "-" + padded(month, 2) + "-" + padded(day, 2)
            + "T" + padded(Int(time / 3600), 2) + ":" + padded(Int(time / 60 % 60), 2) + ":" + padded(Int(time % 60), 2)
            + "." + padded(Int(wall % nanosecondsPerSecond), 9) + "+00:00"
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

    private static func padded(_ number: Int, _ width: Int) -> String {
        let digits = String(number)
        return String(repeating: "0", count: max(0, width - digits.count)) + digits
    }
}
