import EventLoop
import Glibc
import Testing

/// Each in a process of its own, since children belong to the whole process.
@Suite struct StrayTests {
    private static let environment = [(name: "PATH", value: "/usr/bin:/bin")]

    @Test func orphansAreAdoptedAndReaped() async {
        await #expect(processExitsWith: .success) { () async throws in
            try ChildProcess.adoptOrphans()
            let count = 20
            // Each inner shell leaves a child of its own behind, which ends when its pipe does.
            let script =
                "for n in \(String(repeating: "x ", count: count)); do sh -c 'cat <&3 >/dev/null &'; done; echo done"
            let child = try RunningChild(SpawnRequest(arguments: ["sh", "-c", script], environment: Self.environment))
            #expect(try child.ending().status == .exited(code: 0))
            #expect(ChildProcess.reapStrays() == ChildProcess.StrayReaping(count: 0, isHeldUp: false))
            child.closeToWorker()
            var reaped = 0
            let deadline = MonotonicTime.now().advanced(by: testPatience)
            while reaped < count, MonotonicTime.now() < deadline {
                // Returns when one has ended; leaves it to be reaped.
                var information = siginfo_t()
                _ = waitid(P_ALL, 0, &information, WEXITED | WNOWAIT)
                reaped += ChildProcess.reapStrays().count
            }
            #expect(reaped == count)
            #expect(waitpid(-1, nil, WNOHANG) == -1 && errno == ECHILD)
        }
    }

    @Test func theStatusOfAnOwnChildIsNotTaken() async {
        await #expect(processExitsWith: .success) { () async throws in
            try ChildProcess.adoptOrphans()
            let own = try RunningChild(SpawnRequest(arguments: ["sh", "-c", "exit 7"], environment: Self.environment))
            let other = try RunningChild(
                SpawnRequest(
                    arguments: ["sh", "-c", "sh -c 'exit 3 &'; echo done"], environment: Self.environment))
            // Both have ended, and are left to be reaped.
            for child in [own, other] {
                var information = siginfo_t()
                #expect(waitid(P_PID, id_t(child.pid), &information, WEXITED | WNOWAIT) == 0)
            }
            #expect(ChildProcess.reapStrays().isHeldUp)
            #expect(try own.ending().status == .exited(code: 7))
            #expect(ChildProcess.reapStrays().isHeldUp)
            #expect(try other.ending().status == .exited(code: 0))
            var information = siginfo_t()
            #expect(waitid(P_ALL, 0, &information, WEXITED | WNOWAIT) == 0)
            #expect(ChildProcess.reapStrays() == ChildProcess.StrayReaping(count: 1, isHeldUp: false))
        }
    }

    @Test func aChildThatNobodyAsksForIsAStray() async {
        await #expect(processExitsWith: .success) { () async throws in
            let child = try RunningChild(SpawnRequest(arguments: ["true"], environment: Self.environment))
            var information = siginfo_t()
            #expect(waitid(P_PID, id_t(child.pid), &information, WEXITED | WNOWAIT) == 0)
            #expect(ChildProcess.reapStrays().isHeldUp)
            ChildProcess.disown(child.pid)
            #expect(ChildProcess.reapStrays() == ChildProcess.StrayReaping(count: 1, isHeldUp: false))
            #expect(throws: SystemError("waitid", ECHILD)) { try ChildProcess.reap(child.pidfd) }
        }
    }
}
