import EventLoop
import Glibc
import Testing

@Suite struct ProcessTableTests {
    private func parse(_ text: String) -> ProcessEntry? {
        Array(text.utf8).withUnsafeBytes { ProcessEntry($0) }
    }

    private static let rest = "0 -1 4194304 1 2 3 4 30 12 5 3 20 0 1 0 8800 1000000 250 18446744073709551615 1 1"

    @Test(arguments: ["(sh)", "(a) b)", "(  )", "())", "(Z 1 2)"])
    func aNameMayLookLikeAnything(name: String) throws {
        let entry = try #require(parse("42 \(name) S 7 41 40 \(Self.rest)\n"))
        #expect(entry.identity == ProcessIdentity(number: 42, startTime: 8_800))
        #expect(entry.parent == 7 && entry.group == 41 && entry.session == 40)
        #expect(!entry.isZombie)
        #expect(entry.residentBytes == 250 * UInt64(sysconf(Int32(_SC_PAGESIZE))))
        #expect(entry.processorTime == 50 * TimeSpan.second / UInt64(sysconf(Int32(_SC_CLK_TCK))))
    }

    @Test(arguments: [("Z", true), ("X", true), ("R", false), ("D", false)])
    func theStateTellsTheDead(state: String, isZombie: Bool) {
        #expect(parse("42 (sh) \(state) 7 41 40 \(Self.rest)")?.isZombie == isZombie)
    }

    @Test(arguments: [
        "", "42", "42 (sh", "42 (sh) S", "42 (sh) S 7 41", "x (sh) S 7 41 40 \(rest)", "42 (sh) S 7 y 40 \(rest)",
    ])
    func otherTextIsNoEntry(text: String) {
        #expect(parse(text) == nil)
    }

    @Test func thisProcessIsInTheTable() throws {
        let own = try #require(ProcessTable.entries().first { $0.number == getpid() })
        #expect(own.parent == getppid() && own.session == getsid(0) && own.residentBytes > 1 << 20)
        #expect(ProcessTable.entry(of: getpid())?.identity == own.identity)
        #expect(ProcessTable.entry(of: Int32.max) == nil)
    }

    @Test func aMarkIsFoundInAnyPlaceOfALargeEnvironment() throws {
        let filling = (0..<400).map { (name: "FILLING_\($0)", value: String(repeating: "x", count: 100)) }
        var request = SpawnRequest(
            arguments: ["cat"],
            environment: filling + [(name: "PATH", value: "/usr/bin:/bin"), (name: "LAST", value: "1")])
        request.mark = "abc.12"
        let child = try RunningChild(request)
        #expect(ProcessTable.carries(.life("abc.12"), child.pid))
        #expect(ProcessTable.carries(.server("abc"), child.pid))
        for other in ["abc.1", "abc.123", "abc.", "bc.12"] { #expect(!ProcessTable.carries(.life(other), child.pid)) }
        #expect(!ProcessTable.carries(.server("ab"), child.pid))
        #expect(!ProcessTable.carries(.life("abc.12"), getpid()))
        child.closeStandardInput()
        _ = try child.ending()
        #expect(!ProcessTable.carries(.life("abc.12"), child.pid))
    }

    /// A handle is of one process, not of a number.
    @Test func aHandleOfAnotherTimeIsNone() throws {
        let child = try RunningChild(
            SpawnRequest(arguments: ["cat"], environment: [(name: "PATH", value: "/usr/bin:/bin")]))
        let identity = try #require(ProcessTable.entry(of: child.pid)).identity
        #expect(ProcessHandle(ProcessIdentity(number: child.pid, startTime: identity.startTime + 1)) == nil)
        let handle = try #require(ProcessHandle(identity))
        handle.signal(.kill)
        #expect(try child.ending().status == .signaled(.kill, coreDumped: false))
        #expect(ProcessHandle(identity) == nil)
    }
}
