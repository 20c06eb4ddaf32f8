import EventLoop
import Service
import Testing

struct GuardRosterTests {
    private let one = ProcessIdentity(number: 100, startTime: 5)
    private let two = ProcessIdentity(number: 200, startTime: 6)

    @Test func aGuardThatBeginsLateKnowsWhatTheFirstKnew() {
        var roster = GuardRoster()
        let lines = GuardRoster.introduction(
            server: 50, mark: "abc", controlGroup: "/a group", isPlain: true, leaders: [one, two])
        for line in lines { roster.receive(line.utf8) }
        #expect(roster.server == 50 && roster.mark == "abc" && roster.controlGroup == "/a group" && roster.isPlain)
        #expect(roster.leaders == [one, two])
        #expect(!roster.isOver)
    }

    @Test func livesComeAndGo() {
        var roster = GuardRoster()
        for line in [GuardRoster.added(one), GuardRoster.added(two), GuardRoster.removed(one)] {
            // In pieces, as a pipe may bring it.
            for byte in line.utf8 { roster.receive([byte]) }
        }
        #expect(roster.leaders == [two])
        roster.receive(GuardRoster.ended.utf8)
        #expect(roster.isOver)
    }

    /// A line that was cut off by the server's death is none.
    @Test(arguments: ["end", "add 1 1\n", "add 100\n", "add x 5\n", "add -5 5\n", "nonsense\n", "\n", "add 100 5"])
    func otherLinesMeanNothing(line: String) {
        var roster = GuardRoster()
        roster.receive(line.utf8)
        #expect(roster.leaders.isEmpty && !roster.isOver)
    }
}
