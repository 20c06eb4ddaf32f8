import Engine
import Testing

@Suite("Engine: what follows from the end of a worker")
struct RestartPolicyTests {
    typealias Verdict = RestartPolicy.Verdict

    /// Reason; then with `always`, `on_failure`, `never`.
    static let table: [(ExitReason, Verdict, Verdict, Verdict)] = [
        (.ok, .restart(isFailure: false), .rest, .rest),
        (.error, .restart(isFailure: true), .restart(isFailure: true), .rest),
        (.signal, .restart(isFailure: true), .restart(isFailure: true), .rest),
        (.oom, .restart(isFailure: true), .restart(isFailure: true), .rest),
        (.memory, .restart(isFailure: true), .restart(isFailure: true), .rest),
        (.watchdog, .restart(isFailure: true), .restart(isFailure: true), .rest),
        (.protocol, .restart(isFailure: true), .restart(isFailure: true), .rest),
        (.spawn, .restart(isFailure: true), .restart(isFailure: true), .rest),
        (.setup, .restart(isFailure: true), .restart(isFailure: true), .rest),
        (.loadTimeout, .restart(isFailure: true), .restart(isFailure: true), .rest),
        (.config, .giveUp(isFinal: true), .giveUp(isFinal: true), .giveUp(isFinal: true)),
        (.cancel, .restartAtOnce, .restartAtOnce, .rest),
        (.recycle, .restartAtOnce, .restartAtOnce, .restartAtOnce),
        (.reload, .restartAtOnce, .restartAtOnce, .restartAtOnce),
        (.stopped, .restartAtOnce, .restartAtOnce, .restartAtOnce),
        (.group, .restartAtOnce, .restartAtOnce, .restartAtOnce),
    ]

    @Test func eachReasonIsThere() {
        #expect(Set(Self.table.map(\.0)) == Set(ExitReason.allCases))
    }

    @Test(arguments: table.indices)
    func verdicts(_ row: Int) {
        let (reason, always, onFailure, never) = Self.table[row]
        for (policy, expected) in [
            (RestartSettings.Policy.always, always), (.onFailure, onFailure), (.never, never),
        ] {
            var settings = RestartSettings()
            settings.policy = policy
            #expect(RestartPolicy.verdict(reason, settings, wasEverReady: true) == expected, "\(reason), \(policy)")
        }
    }

    /// What has never worked is given up at once, but tried from time to time.
    @Test(arguments: [ExitReason.setup, .loadTimeout], RestartSettings.Policy.allCases)
    func aFirstSetUp(_ reason: ExitReason, _ policy: RestartSettings.Policy) {
        var settings = RestartSettings()
        settings.policy = policy
        #expect(RestartPolicy.verdict(reason, settings, wasEverReady: false) == .giveUp(isFinal: false))
    }

    static let endings: [(WorkerEnding, ExitReason, String)] = [
        (WorkerEnding(.exited(0)), .ok, "exit status 0"),
        (WorkerEnding(.exited(9)), .ok, "exit status 9"),
        (WorkerEnding(.exited(1)), .error, "exit status 1"),
        (WorkerEnding(.exited(78)), .config, "exit status 78"),
        (WorkerEnding(.signaled(11)), .signal, "signal 11 (SIGSEGV)"),
        (
            WorkerEnding(.signaled(9)), .signal,
            "signal 9 (SIGKILL); if the machine was short of memory, this was the kernel"
        ),
        (
            WorkerEnding(.signaled(9), wasOutOfMemory: true), .oom,
            "signal 9 (SIGKILL), and the kernel counted a kill for want of memory"
        ),
        (WorkerEnding(.unknown), .error, "an unknown end"),
    ]

    @Test(arguments: endings.indices)
    func endingsThatNobodyWishedFor(_ row: Int) {
        let (ending, reason, detail) = Self.endings[row]
        var settings = RestartSettings()
        settings.successCodes = [0, 9]
        #expect(ExitReason.derived(from: ending, settings) == reason)
        #expect(ExitReason.detail(of: ending, cause: nil, wasWished: false) == detail)
    }

    @Test func aKillOfOurOwnIsNotTheKernels() {
        let ending = WorkerEnding(.signaled(9))
        #expect(
            ExitReason.detail(of: ending, cause: "no heartbeat for 30 s", wasWished: true)
                == "no heartbeat for 30 s; signal 9 (SIGKILL)")
    }
}
