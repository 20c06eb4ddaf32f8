import Testing

import Service

struct DropNoticeTests {
    private static let second: UInt64 = 1_000_000_000

    @Test func tellsTheTotalAtMostOnceInASecond() {
        var notice = DropNotice()
        #expect(notice.text(dropped: 0, wall: 5 * Self.second) == nil)
        #expect(notice.text(dropped: 2, wall: 5 * Self.second)?.hasPrefix("2 log lines were dropped so far") == true)
        #expect(notice.text(dropped: 900, wall: 6 * Self.second - 1) == nil)
        #expect(notice.text(dropped: 1_000, wall: 6 * Self.second)?.hasPrefix("1000 log lines") == true)
        #expect(notice.text(dropped: 1_000, wall: 60 * Self.second) == nil)
    }

    @Test func clockThatWasSetBackDelaysNothing() {
        var notice = DropNotice()
        #expect(notice.text(dropped: 1, wall: 50 * Self.second) != nil)
        #expect(notice.text(dropped: 2, wall: 40 * Self.second) != nil)
    }

    @Test func whatIsLeftIsToldAtTheEnd() {
        var notice = DropNotice()
        #expect(notice.text(dropped: 1, wall: 50 * Self.second) != nil)
        #expect(notice.lastText(dropped: 7)?.hasPrefix("7 log lines") == true)
        #expect(notice.lastText(dropped: 7) == nil)
    }
}
