import EventLoop
import Glibc
import Testing
import WireProtocol

/// Nothing outlives the server, whatever it has done to get away; and no worker's remains outlive the worker.
struct OrphanTests {
    /// One in a session of its own, one that nobody is the parent of any more, one that cannot be asked.
    private static let descendants = "child:setsid;child:double+setsid;child:setsid+ignore-term"
    private static let descendantCount = 3
    private static let workers = 4
    /// Within what all must be gone when the server was killed.
    private static let patience = 5 * TimeSpan.second
    /// How often the scenarios with chance in them are done; a longer run asks for more.
    private static let rounds = getenv("ORPHAN_ROUNDS").flatMap { Int(String(cString: $0)) } ?? 3

    /// What holds with and without a control group for each worker.
    enum Groups: String, CaseIterable, Sendable {
        case automatic = "auto"
        case off
    }

    private func makePopulation(_ directory: TestDirectory) throws -> Population {
        try Population("\(directory.path)/population-\(MonotonicTime.now().nanoseconds)")
    }

    private func serve(
        _ population: Population, in directory: TestDirectory, workers: Int = OrphanTests.workers,
        groups: Groups = .off, environment: [(name: String, value: String)]
    ) throws -> RunningSupervisor {
        try RunningSupervisor(
            [
                TestDeployment(
                    members: #","workers":\#(workers),"handler":"fixture""#, command: [Executable.fixtureWorker])
            ],
            settings: #","max_concurrent_loads":8,"log_level":"debug""#,
            arguments: ["--port", "0", "--cgroup", groups.rawValue],
            environment: environment + [population.environment],
            in: directory)
    }

    // MARK: The server is killed

    @Test(arguments: Groups.allCases) func nothingSurvivesAKilledServer(_ groups: Groups) throws {
        var slowest: UInt64 = 0
        for round in 0..<OrphanTests.rounds {
            let directory = try TestDirectory()
            let population = try makePopulation(directory)
            let server = try serve(
                population, in: directory, groups: groups,
                environment: [(name: "FIXTURE_START", value: OrphanTests.descendants)])
            try server.waitUntilReady(OrphanTests.workers)
            try population.wait(for: OrphanTests.workers * (1 + OrphanTests.descendantCount))
            let began = MonotonicTime.now()
            server.signal(.kill)
            try server.waitForEnd()
            try population.waitForEnd(within: OrphanTests.patience)
            slowest = max(slowest, MonotonicTime.now().since(began))
            if OrphanTests.rounds > 3 { print("round \(round): slowest \(slowest / TimeSpan.millisecond) ms") }
        }
    }

    /// At any moment of the start: none, some or all of the processes are there.
    @Test(arguments: Groups.allCases) func nothingSurvivesAServerThatIsKilledWhileWorkersLoad(_ groups: Groups) throws {
        for round in 0..<OrphanTests.rounds {
            let directory = try TestDirectory()
            let population = try makePopulation(directory)
            let server = try serve(
                population, in: directory, groups: groups,
                environment: [
                    (name: "FIXTURE_START", value: OrphanTests.descendants),
                    (name: "FIXTURE_SETUP", value: "loading:\(directory.path)/never"),
                ])
            let all = OrphanTests.workers * (1 + OrphanTests.descendantCount)
            try population.wait(for: round % 2 == 0 ? all : 1 + round % all)
            server.signal(.kill)
            try server.waitForEnd()
            try population.waitForEnd(within: OrphanTests.patience)
        }
    }

    /// What the guard does is in the log, where somebody will look for it.
    @Test func theGuardSaysWhatItHasDone() throws {
        let directory = try TestDirectory()
        let population = try makePopulation(directory)
        let server = try serve(
            population, in: directory, workers: 1,
            environment: [(name: "FIXTURE_START", value: "child:setsid+ignore-term")])
        try population.wait(for: 2)
        server.signal(.kill)
        let line = try server.waitForLog("the guard's word") { $0.message.hasPrefix("the server is gone") }
        #expect(line.pid == server.pid)
        #expect(line.message.contains("1 of them by SIGKILL"))
        try population.waitForEnd()
    }

    // MARK: The guard

    private func guardOf(_ server: RunningSupervisor) throws -> Int32 {
        let line = try server.waitForLog("the guard is there") { $0.message == "guard process started" }
        return try #require(line.pid)
    }

    @Test func theGuardIsReplacedAndKnowsAll() throws {
        let directory = try TestDirectory()
        let population = try makePopulation(directory)
        let server = try serve(
            population, in: directory, workers: 1,
            environment: [(name: "FIXTURE_START", value: OrphanTests.descendants)])
        let first = try guardOf(server)
        try population.wait(for: 1 + OrphanTests.descendantCount)
        kill(first, SIGKILL)
        let second = try guardOf(server)
        #expect(second != first)
        server.signal(.kill)
        try server.waitForEnd()
        try population.waitForEnd(within: OrphanTests.patience)
    }

    /// Signals for a whole process group, or a whole service, do not take it away while it is needed.
    @Test func theGuardHearsNoSignal() throws {
        let server = try RunningSupervisor(arguments: ["--port", "0", "--log-level", "debug"])
        let guardian = try guardOf(server)
        try server.waitUntilListening()
        for number in [SIGTERM, SIGINT, SIGHUP, SIGQUIT, SIGUSR1, SIGUSR2] { kill(guardian, number) }
        try server.waitUntilReady()
        #expect(kill(guardian, 0) == 0)
        #expect(getsid(guardian) == guardian)
    }

    @Test func theGuardGoesWithTheServer() throws {
        let server = try RunningSupervisor(arguments: ["--port", "0", "--log-level", "debug"])
        let guardian = try guardOf(server)
        try server.waitUntilReady()
        let handle = try #require(ProcessTable.entry(of: guardian).flatMap { ProcessHandle($0.identity) })
        server.signal(.terminate)
        #expect(try server.waitForEnd() == .exited(code: 0))
        ProcessHandle.waitForEnd(of: [handle], atMost: Deadline.patience)
        #expect(ProcessTable.entry(of: guardian).map(\.isZombie) ?? true)
        server.readLog()
        #expect(!server.log.contains { $0.message.hasPrefix("the server is gone") })
    }

    /// No end of a worker's pipe but its own, or the worker would outlive what it belongs to.
    @Test func theGuardHasThreeDescriptors() throws {
        let server = try RunningSupervisor(
            [TestDeployment(members: #","workers":2"#)], arguments: ["--port", "0", "--log-level", "debug"])
        let guardian = try guardOf(server)
        let workers = try server.waitUntilReady(2)
        #expect(try descriptors(of: guardian).keys.sorted() == [0, 1, 2])
        // The pipe that tells the guard to act ends with the server alone.
        let pipe = try #require(try descriptors(of: guardian)[0])
        for worker in workers { #expect(try !descriptors(of: worker).values.contains(pipe)) }
        #expect(try descriptors(of: server.pid).values.filter { $0 == pipe }.count == 1)
    }

    /// Each pipe of a worker has its other end in the server and nowhere else.
    @Test func workersShareNoPipe() throws {
        let server = try RunningSupervisor([TestDeployment(members: #","workers":3"#)])
        let workers = try server.waitUntilReady(3)
        let tables = try workers.map { try descriptors(of: $0) }
        for (index, table) in tables.enumerated() {
            // The sixth is the test's own: every scripted worker holds it.
            let own = table.filter { $0.key <= 4 }
            #expect(own.count == 5 && own.values.allSatisfy { $0.hasPrefix("pipe:") })
            for (other, others) in tables.enumerated() where other != index {
                #expect(Set(own.values).isDisjoint(with: others.filter { $0.key <= 4 }.values))
            }
        }
    }

    private func descriptors(of process: Int32) throws -> [Int: String] {
        var table: [Int: String] = [:]
        for name in TestDirectory.names(in: "/proc/\(process)/fd") {
            var target = [CChar](repeating: 0, count: 4_096)
            let count = readlink("/proc/\(process)/fd/\(name)", &target, target.count)
            guard count > 0, let number = Int(name) else { continue }
            table[number] = String(decoding: target[..<count].map { UInt8(bitPattern: $0) }, as: UTF8.self)
        }
        guard !table.isEmpty else { throw Failure("no descriptors of \(process)") }
        return table
    }

    // MARK: A worker dies

    /// The next one may need what they hold: a device's memory, a port.
    @Test(arguments: Groups.allCases) func remainsAreGoneBeforeTheNextWorkerStarts(_ groups: Groups) throws {
        let directory = try TestDirectory()
        let population = try makePopulation(directory)
        let server = try serve(
            population, in: directory, workers: 1, groups: groups,
            environment: [(name: "FIXTURE_START", value: OrphanTests.descendants)])
        let worker = try server.waitUntilReady()[0]
        let descendants = try population.wait(for: 1 + OrphanTests.descendantCount).filter { $0.kinds != "worker" }
        let handles = descendants.compactMap { ProcessTable.entry(of: $0.pid).flatMap { ProcessHandle($0.identity) } }
        #expect(handles.count == OrphanTests.descendantCount)
        kill(worker, SIGKILL)
        try server.waitForLog("what it left behind") {
            $0.message.hasPrefix("\(OrphanTests.descendantCount) process(es) that the worker had left behind")
        }
        // They are not even zombies once the next one is there.
        try server.waitForLog("the next worker") { $0.message == "worker started" }
        for descendant in descendants { #expect(ProcessTable.entry(of: descendant.pid)?.isZombie ?? true) }
        let successor = try server.waitUntilReady()[0]
        #expect(successor != worker)
    }

    /// A descendant that goes on writing into the pipe does not keep the death of its worker from being told.
    @Test func aDescendantThatWritesOnDoesNotHideTheEnd() throws {
        let server = try RunningSupervisor(arguments: ["--port", "0", "--cgroup", "off"])
        let worker = try server.waitUntilReady()[0]
        let stream = try server.stream(
            "POST", "/predictions", RunningSupervisor.script(#"["flood"]"#, #"["await-cancel"]"#))
        for _ in 0..<100 { try stream.next { $0.name == "output" } }
        kill(worker, SIGKILL)
        let end = try stream.next { $0.name == "completed" }
        #expect(end.json?["status"]?.stringValue == "failed")
        #expect(try server.waitUntilReady()[0] != worker)
    }

    // MARK: Control groups

    @Test func controlGroupsGoWithTheirWorkersAndTheServer() throws {
        let server = try RunningSupervisor(arguments: ["--port", "0", "--log-level", "debug"])
        let worker = try server.waitUntilReady()[0]
        guard let group = controlGroup(of: worker) else {
            // The machine lets us make none: then the log says why.
            #expect(server.log.contains { $0.message.hasPrefix("workers get no control groups") })
            return
        }
        let parent = String(group[..<(group.lastIndex(of: "/") ?? group.endIndex)])
        #expect(TestDirectory.names(in: parent).contains { $0.hasPrefix("worker-") })
        kill(worker, SIGKILL)
        let successor = try server.waitUntilReady()[0]
        #expect(access(group, F_OK) != 0)
        #expect(controlGroup(of: successor) != group)
        server.signal(.terminate)
        #expect(try server.waitForEnd() == .exited(code: 0))
        #expect(access(parent, F_OK) != 0)
    }

    @Test func aControlGroupThatCannotBeUsedIsSaid() throws {
        let server = try RunningSupervisor(arguments: ["--port", "0", "--cgroup", "/proc/self"])
        #expect(try server.waitForEnd() == .exited(code: 69))
        #expect(server.logText.contains("/proc/self/supervisor-"))
    }

    /// The directory of the group of a worker, if it has one of its own.
    private func controlGroup(of process: Int32) -> String? {
        guard
            let own = ControlGroupTree.ownDirectory(),
            let text = try? Files.readUnsized("/proc/\(process)/cgroup", limit: 1 << 16),
            let line = String(decoding: text, as: UTF8.self).split(separator: "\n").first(where: { $0.hasPrefix("0::") }
            ),
            let name = line.split(separator: "/").last, name.hasPrefix("worker-")
        else { return nil }
        return "\(own)/" + line.split(separator: "/").suffix(2).joined(separator: "/")
    }

    // MARK: Memory

    /// The kernel's count is simulated: a test that takes all memory would take others with it.
    @Test func aKillThatTheKernelCountedIsForMemory() throws {
        let directory = try TestDirectory()
        let events = try directory.write("memory.events", "oom_kill 4\n")
        let socket = "\(directory.path)/control"
        let server = try RunningSupervisor(
            arguments: ["--port", "0", "--memory-events", events, "--control-socket", socket], in: directory)
        let first = try server.waitUntilReady()[0]
        kill(first, SIGKILL)
        let second = try server.waitUntilReady()[0]
        #expect(try lastReason(socket) == "signal")
        try directory.write("memory.events", "oom_kill 5\n")
        kill(second, SIGKILL)
        _ = try server.waitUntilReady()
        #expect(try lastReason(socket) == "oom")
    }

    private func lastReason(_ socket: String) throws -> String? {
        let client = try Client(.unix(path: socket))
        try client.send("GET", "/status")
        let status = try JSONValue.parse(try client.response().body)
        return status["deployments"]?.arrayValue?.first?["last_exit"]?["reason"]?.stringValue
    }
}
