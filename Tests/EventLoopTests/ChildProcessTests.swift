import EventLoop
import Glibc
import Testing

@Suite struct ChildProcessTests {
    private static let path = (name: "PATH", value: "/usr/local/bin:/usr/bin:/bin")

    private func shell(_ script: String, in directory: String? = nil) -> SpawnRequest {
        SpawnRequest(
            arguments: ["sh", "-c", script], environment: [Self.path], workingDirectory: directory)
    }

    // MARK: - What the child gets

    @Test func theChildHasItsFiveDescriptorsAndNoOther() throws {
        // One that a careless library left open for children.
        let inherited = dup(2)
        defer { close(inherited) }
        let script = """
            number=0
            while [ $number -lt 1024 ]; do
                [ -e /proc/$$/fd/$number ] && echo $number
                number=$((number + 1))
            done
            """
        let child = try RunningChild(shell(script))
        #expect(try child.ending().status == .exited(code: 0))
        #expect(child.output == "0\n1\n2\n3\n4\n")
        #expect(child.errors.isEmpty)
    }

    /// The very pipes that the child is to get may have numbers in the parent that are to be filled in the child.
    @Test func descriptorsArePlacedEvenWhenTheParentHasLowNumbersFree() async {
        await #expect(processExitsWith: .success) { () async throws in
            for raw in 0..<3 as Range<Int32> { close(raw) }
            let request = SpawnRequest(
                arguments: ["sh", "-c", "cat; echo out; echo err >&2; cat <&3 >&4"],
                environment: [(name: "PATH", value: "/usr/bin:/bin")])
            let child = try RunningChild(request)
            child.closeStandardInput()
            #expect(writeAll("frame", to: child.toWorker))
            child.closeToWorker()
            #expect(try child.ending().status == .exited(code: 0))
            #expect(child.output == "out\n" && child.errors == "err\n" && child.frames == "frame")
        }
    }

    @Test func framesTravelOverTheirOwnPipes() throws {
        let child = try RunningChild(shell("cat <&3 >&4; echo done"))
        #expect(writeAll("to and fro", to: child.toWorker))
        #expect(try child.loop.turns { child.frames == "to and fro" })
        child.closeToWorker()
        #expect(try child.ending().status == .exited(code: 0))
        #expect(child.output == "done\n")
    }

    @Test(arguments: [false, true]) func theChildIgnoresTerminationOnlyIfAsked(_ isAsked: Bool) throws {
        var request = shell("kill -TERM $$; echo lives")
        request.ignoredSignals = isAsked ? [.terminate] : []
        let child = try RunningChild(request)
        let ending = try child.ending()
        #expect(ending.status == (isAsked ? .exited(code: 0) : .signaled(.terminate, coreDumped: false)))
        #expect(child.output == (isAsked ? "lives\n" : ""))
    }

    @Test func theChildLeadsASessionAndGroupOfItsOwn() throws {
        let child = try RunningChild(shell("exec cat"))
        #expect(getsid(child.pid) == child.pid)
        #expect(getpgid(child.pid) == child.pid)
        #expect(try ChildProcess.reap(child.pidfd) == nil)
        #expect(ChildProcess.signalGroup(child.pid, .terminate))
        #expect(try child.ending().status == .signaled(.terminate, coreDumped: false))
    }

    @Test func noSignalIsBlockedOrIgnored() throws {
        Signals.ignoreBrokenPipe()
        var blocked = sigset_t()
        sigemptyset(&blocked)
        sigaddset(&blocked, SIGALRM)
        pthread_sigmask(SIG_BLOCK, &blocked, nil)
        let child = try RunningChild(
            SpawnRequest(arguments: ["cat", "/proc/self/status"], environment: [Self.path]))
        pthread_sigmask(SIG_UNBLOCK, &blocked, nil)
        #expect(try child.ending().status == .exited(code: 0))
        let lines = child.output.split(separator: "\n").filter { ["SigB", "SigI", "SigC"].contains($0.prefix(4)) }
        #expect(lines.map { $0.prefix(6) } == ["SigBlk", "SigIgn", "SigCgt"])
        #expect(lines.allSatisfy { $0.hasSuffix(":\t0000000000000000") }, "\(child.output)")
    }

    @Test func theEnvironmentIsTheGivenOneAndThePipes() throws {
        var request = SpawnRequest(
            arguments: ["env"],
            environment: [
                Self.path, (name: "A", value: "first"), (name: SpawnRequest.pipesVariable, value: "7,8"),
                (name: ProcessMark.variable, value: "mine"),
                (name: "EMPTY", value: ""), (name: "A", value: "second = é"),
            ])
        request.mark = "abc.1"
        let child = try RunningChild(request)
        #expect(try child.ending().status == .exited(code: 0))
        #expect(
            Set(child.output.split(separator: "\n")) == [
                "PATH=\(Self.path.value)", "A=second = é", "EMPTY=", "SUPERVISOR_WORKER_PIPES=3,4",
                "SUPERVISOR_WORKER_MARK=abc.1",
            ])
    }

    @Test func theProgramIsLookedForFromTheWorkingDirectoryOrInThePath() throws {
        let directory = TemporaryDirectory()
        directory.directory("a")
        directory.directory("b")
        _ = directory.file("a/tool", "not executable")
        _ = directory.file("b/tool", "#!/bin/sh\npwd\n", mode: 0o755)
        for (program, path, home) in [
            ("./tool", "/nowhere", "b"), ("b/tool", "/nowhere", "."), ("tool", "\(directory.path)/a:nowhere:b", "."),
            ("tool", ":", "b"), ("\(directory.path)/b/tool", "", "a"),
        ] {
            let child = try RunningChild(
                SpawnRequest(
                    arguments: [program], environment: [(name: "PATH", value: path)],
                    workingDirectory: "\(directory.path)/\(home)"))
            #expect(try child.ending().status == .exited(code: 0), "\(program)")
            let place = home == "." ? directory.path : "\(directory.path)/\(home)"
            #expect(child.output == place + "\n", "\(program)")
        }
    }

    @Test func theChildKeepsTheLimitFromBeforeTheParentRaisedIt() async {
        await #expect(processExitsWith: .success) { () async throws in
            var limit = rlimit()
            getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
            limit.rlim_cur = 200
            #expect(setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0)
            #expect(try DescriptorLimit.raise() == UInt64(limit.rlim_max))
            let child = try RunningChild(
                SpawnRequest(
                    arguments: ["sh", "-c", "ulimit -S -n"], environment: [(name: "PATH", value: "/usr/bin:/bin")]))
            #expect(try child.ending().status == .exited(code: 0))
            #expect(child.output == "200\n")
        }
    }

    // MARK: - What can go wrong

    @Test func aFailureNamesTheStep() throws {
        let directory = TemporaryDirectory()
        let plain = directory.file("plain", "text\n", mode: 0o644)
        let text = directory.file("text", "text\n", mode: 0o755)
        let orphan = directory.file("orphan", "#!/nowhere/interpreter\n", mode: 0o755)
        let environment = [(name: "PATH", value: directory.path)]
        func failure(_ arguments: [String], in home: String? = nil) -> SystemError? {
            do throws(SystemError) {
                _ = try ChildProcess.spawn(
                    SpawnRequest(arguments: arguments, environment: environment, workingDirectory: home))
                return nil
            } catch {
                return error
            }
        }
        #expect(failure(["/nowhere/tool"]) == SystemError("execve", ENOENT, subject: "/nowhere/tool"))
        #expect(failure(["tool"]) == SystemError("execve", ENOENT, subject: "tool"))
        #expect(failure(["plain"]) == SystemError("execve", EACCES, subject: "plain"))
        #expect(failure([plain]) == SystemError("execve", EACCES, subject: plain))
        #expect(failure([text]) == SystemError("execve", ENOEXEC, subject: text))
        #expect(failure([orphan]) == SystemError("execve", ENOENT, subject: orphan))
        #expect(failure([""]) == SystemError("execve", ENOENT, subject: ""))
        #expect(failure([]) == SystemError("execve", EINVAL))
        #expect(failure(["tool", "a\0b"]) == SystemError("execve", EINVAL, subject: "tool"))
        #expect(failure(["tool"], in: "/nowhere") == SystemError("chdir", ENOENT, subject: "/nowhere"))
        #expect(failure(["tool"], in: plain) == SystemError("chdir", ENOTDIR, subject: plain))
    }

    @Test func aNameThatIsNoVariableIsRefused() {
        for name in ["", "A=B"] {
            let request = SpawnRequest(arguments: ["true"], environment: [Self.path, (name: name, value: "x")])
            #expect(throws: SystemError("execve", EINVAL, subject: "true")) { _ = try ChildProcess.spawn(request) }
        }
    }

    // MARK: - The end

    @Test(arguments: [
        ("exit 0", EventLoop.ExitStatus.exited(code: 0), "exit code 0"),
        ("exit 78", .exited(code: 78), "exit code 78"),
        ("kill -KILL $$", .signaled(.kill, coreDumped: false), "SIGKILL"),
        ("ulimit -c 0; kill -SEGV $$", .signaled(.segmentationFault, coreDumped: false), "SIGSEGV"),
        ("kill -40 $$", .signaled(ProcessSignal(number: 40), coreDumped: false), "signal 40"),
    ])
    func theStatusTellsHowItEnded(script: String, status: EventLoop.ExitStatus, text: String) throws {
        let child = try RunningChild(shell(script))
        let ending = try child.ending()
        #expect(ending.status == status)
        #expect(ending.status.description == text)
        #expect(ending.peakResidentBytes > 0)
        #expect(throws: SystemError("waitid", ECHILD)) { try ChildProcess.reap(child.pidfd) }
    }

    @Test func closingTheDeathPipeIsReadAsItsEnd() throws {
        let child = try RunningChild(shell("cat; echo parent gone"))
        #expect(try ChildProcess.reap(child.pidfd) == nil)
        child.closeStandardInput()
        #expect(try child.ending().status == .exited(code: 0))
        #expect(child.output == "parent gone\n")
    }

    /// No sibling may hold a copy of the death pipe's writing end: it would keep the worker alive for ever.
    @Test func aSiblingDoesNotKeepTheDeathPipeOpen() throws {
        let child = try RunningChild(shell("cat; echo parent gone"))
        let sibling = try RunningChild(shell("exec cat"))
        child.closeStandardInput()
        #expect(try child.ending().status == .exited(code: 0))
        #expect(try ChildProcess.reap(sibling.pidfd) == nil)
        sibling.closeStandardInput()
        #expect(try sibling.ending().status == .exited(code: 0))
    }

    @Test func aGrandchildThatHoldsThePipesDoesNotHideTheEnd() throws {
        let child = try RunningChild(shell("sleep 1000 & exit 3"))
        #expect(try child.loop.turns { child.hasEnded })
        // The pipes are open as before, but the end is known.
        #expect(!child.isOutputAtEnd)
        // Not reaped yet, so the number is still the dead worker's and reaches its group.
        #expect(ChildProcess.signalGroup(child.pid, .kill))
        #expect(try child.ending().status == .exited(code: 3))
        #expect(try child.loop.turns { child.isOutputAtEnd })
    }

    /// In a process of its own, since others open descriptors too.
    @Test func nothingIsLeftOfChildrenThatAreGone() async {
        await #expect(processExitsWith: .success) { () async throws in
            let environment = [(name: "PATH", value: "/usr/bin:/bin")]
            let before = openDescriptors().count
            for round in 0..<200 {
                let child = try RunningChild(
                    SpawnRequest(arguments: ["sh", "-c", "exit \(round % 7)"], environment: environment))
                #expect(try child.ending().status == .exited(code: Int32(round % 7)))
                #expect(throws: SystemError.self) {
                    _ = try ChildProcess.spawn(SpawnRequest(arguments: ["/nowhere"], environment: environment))
                }
            }
            // The test runtime may open a few of its own meanwhile; a leak would show as 200.
            #expect(openDescriptors().count < before + 20)
            #expect(waitpid(-1, nil, WNOHANG) == -1 && errno == ECHILD)
        }
    }
}
