import EventLoop
import Glibc
import Testing

@Suite struct RemainsTests {
    private static let environment = [(name: "PATH", value: "/usr/bin:/bin")]

    /// `setsid` of util-linux: a new session, and the parent is gone at once.
    private static let script = "setsid sh -c 'echo away; exec sleep 1000' & cat <&3; echo left"

    private func remains(of leader: ProcessIdentity, mark: ProcessMark?, group: ControlGroup? = nil) -> Remains {
        Remains(signs: ProcessTree.Signs(leaders: [leader], mark: mark), scope: .everywhere, controlGroup: group?.path)
    }

    private func leave(_ mark: String?, in group: ControlGroup? = nil) throws -> (RunningChild, ProcessIdentity) {
        var request = SpawnRequest(arguments: ["sh", "-c", Self.script], environment: Self.environment)
        request.mark = mark
        request.controlGroup = group
        let child = try RunningChild(request)
        let leader = try #require(ProcessTable.entry(of: child.pid)).identity
        #expect(try child.loop.turns { child.output == "away\n" })
        child.closeToWorker()
        #expect(try child.ending().status == .exited(code: 0))
        return (child, leader)
    }

    @Test func whatHasLeftTheSessionIsFoundByItsMark() throws {
        let mark = "test-\(MonotonicTime.now().nanoseconds).1"
        let (child, leader) = try leave(mark)
        #expect(remains(of: leader, mark: nil).find().isEmpty)
        let remains = remains(of: leader, mark: .life(mark))
        #expect(remains.find().count == 1)
        let struck = remains.strike()
        #expect(struck.count == 1)
        #expect(try child.loop.turns { child.isOutputAtEnd })
        #expect(try child.loop.turns { remains.find().isEmpty })
    }

    /// Also where it has no mark, as after a program that writes over its environment.
    @Test(.enabled(if: TestControlGroups.areAvailable, "control groups cannot be made here"))
    func whatHasLeftTheSessionIsFoundByItsControlGroup() throws {
        let tree = try TestControlGroups.make()
        defer { tree.remove() }
        let group = try tree.makeGroup("one")
        let (child, leader) = try leave(nil, in: group)
        let remains = remains(of: leader, mark: nil, group: group)
        #expect(remains.find().count == 1)
        #expect(!group.remove())
        #expect(remains.strike().count == 1)
        #expect(try child.loop.turns { child.isOutputAtEnd })
        #expect(try child.loop.turns { group.remove() })
    }

    /// Of a process that is no more, unless there is something in it.
    @Test(.enabled(if: TestControlGroups.areAvailable, "control groups cannot be made here"))
    func abandonedTreesAreRemoved() throws {
        let parent = try TestControlGroups.make()
        defer { parent.remove() }
        let abandoned = try ControlGroupTree(making: "supervisor-\(Int32.max)-1", in: parent.path)
        _ = try abandoned.makeGroup("worker-1")
        let foreign = try ControlGroupTree(making: "supervisor-x", in: parent.path)
        let own = try ControlGroupTree(in: parent.path)
        #expect(access(abandoned.path, F_OK) != 0)
        #expect(access(foreign.path, F_OK) == 0 && access(own.path, F_OK) == 0)
        // It is made again when somebody has removed it.
        own.remove()
        #expect(try own.makeGroup("worker-2").remove())
        own.remove()
    }

    @Test(.enabled(if: TestControlGroups.areAvailable, "control groups cannot be made here"))
    func aChildBeginsInItsControlGroup() throws {
        let tree = try TestControlGroups.make()
        defer { tree.remove() }
        let group = try tree.makeGroup("one")
        var request = SpawnRequest(arguments: ["sh", "-c", "echo $$; exec cat"], environment: Self.environment)
        request.controlGroup = group
        let child = try RunningChild(request)
        #expect(try child.loop.turns { !child.output.isEmpty })
        #expect(child.output == "\(child.pid)\n")
        #expect(group.members() == [child.pid])
        #expect(getsid(child.pid) == child.pid)
        group.kill()
        #expect(try child.ending().status == .signaled(.kill, coreDumped: false))
        #expect(try child.loop.turns { group.remove() })
        // One that is gone takes nobody.
        #expect(throws: SystemError.self) { _ = try ChildProcess.spawn(request) }
        do throws(SystemError) {
            _ = try ChildProcess.spawn(request)
        } catch {
            #expect(error.isOfControlGroup)
        }
    }

    /// Some ten microseconds of processor time for each process of the system.
    @Test func aLookIsCheap() throws {
        let remains = Remains(
            signs: ProcessTree.Signs(
                leaders: [ProcessIdentity(number: Int32.max, startTime: 1)], mark: .life("none.1")),
            scope: .descendants(of: getpid()), controlGroup: nil)
        let count = UInt64(remains.find().count + ProcessTable.entries().count)
        let began = processorTime()
        let rounds: UInt64 = 10
        for _ in 0..<rounds { _ = remains.find() }
        let each = (processorTime() - began) / rounds
        // Ten times what it takes without optimization.
        #expect(each / count < TimeSpan.millisecond, "\(each / TimeSpan.microsecond) µs for \(count) processes")
    }

    /// Of this thread: how busy the machine is does not count.
    private func processorTime() -> UInt64 {
        var time = timespec()
        clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
        return UInt64(time.tv_sec) * TimeSpan.second + UInt64(time.tv_nsec)
    }
}

/// Control groups for a test, where the machine lets us make some.
enum TestControlGroups {
    static let areAvailable: Bool = {
        guard let tree = try? make() else { return false }
        tree.remove()
        return true
    }()

    static func make() throws -> ControlGroupTree {
        guard let parent = ControlGroupTree.ownDirectory() else { throw SystemError("cgroup", ENOENT) }
        return try ControlGroupTree(
            making: "supervisor-test-\(getpid())-\(MonotonicTime.now().nanoseconds)", in: parent)
    }
}
