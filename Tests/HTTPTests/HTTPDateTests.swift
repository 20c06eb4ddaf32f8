import HTTP
import TestSupport
import Testing

@Suite struct HTTPDateTests {
    private static func text(_ seconds: Int64) -> String {
        String(decoding: HTTPDate(secondsSinceEpoch: seconds).bytes, as: UTF8.self)
    }

    @Test(arguments: [
        (Int64(0), "Thu, 01 Jan 1970 00:00:00 GMT"),
        (784_111_777, "Sun, 06 Nov 1994 08:49:37 GMT"),
        (951_782_400, "Tue, 29 Feb 2000 00:00:00 GMT"),
        (951_868_799, "Tue, 29 Feb 2000 23:59:59 GMT"),
        (951_868_800, "Wed, 01 Mar 2000 00:00:00 GMT"),
        (978_307_199, "Sun, 31 Dec 2000 23:59:59 GMT"),
        (1_709_164_800, "Thu, 29 Feb 2024 00:00:00 GMT"),
        (4_107_542_399, "Sun, 28 Feb 2100 23:59:59 GMT"),
        (4_107_542_400, "Mon, 01 Mar 2100 00:00:00 GMT"),
        (253_402_300_799, "Fri, 31 Dec 9999 23:59:59 GMT"),
        (253_402_300_800, "Fri, 31 Dec 9999 23:59:59 GMT"),
        (-1, "Thu, 01 Jan 1970 00:00:00 GMT"),
        (.max, "Fri, 31 Dec 9999 23:59:59 GMT"),
    ])
    func knownTimes(seconds: Int64, expected: String) {
        #expect(Self.text(seconds) == expected)
    }

    /// Every day of 400 years against a calendar that counts days one by one.
    @Test func everyDay() {
        let weekdays = ["Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"]
        let months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
        var (year, month, day) = (1970, 0, 1)
        for index in 0..<146_097 {
            let isLeap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
            let date = (day < 10 ? "0" : "") + "\(day) \(months[month]) \(year)"
            let expected = "\(weekdays[index % 7]), \(date) 00:00:00 GMT"
            let text = Self.text(Int64(index) * 86_400)
            if text != expected { #expect(text == expected) }
            day += 1
            if day > [31, isLeap ? 29 : 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31][month] {
                (month, day) = (month + 1, 1)
            }
            if month == 12 { (year, month) = (year + 1, 0) }
        }
    }

    @Test func keptUntilTheSecondChanges() {
        var date = HTTPDate()
        #expect(date.bytes.isEmpty)
        date.update(secondsSinceEpoch: 0)
        let first = date.bytes
        date.update(secondsSinceEpoch: 0)
        #expect(date.bytes == first)
        date.update(secondsSinceEpoch: 1)
        #expect(String(decoding: date.bytes, as: UTF8.self) == "Thu, 01 Jan 1970 00:00:01 GMT")
    }
}
