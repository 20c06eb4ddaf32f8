import Engine
import SSE
import Testing
import WireProtocol

@Suite("Engine: the life of a worker")
struct WorkerLifeTests {
    @Test func fromSpawnToReady() {
        let runner = RecordingRunner()
        let worker = runner.worker
        #expect(runner.timers[.loadDeadline(worker.id)] == runner.now + 600 * second)
        guard case .hello(let hello) = worker.received.first else {
            Issue.record("no hello")
            return
        }
        #expect(hello.spoolDirectory == "/spool")
        #expect(hello.maximumPayloadLength == 1 << 20)
        #expect(hello.inlinePayloadLength == 64 << 10)
        runner.say(worker, .hello(WorkerHello(worker: "w")))
        #expect(worker.received.last == .initialize(Initialization(deployment: "echo", handler: nil)))
        runner.advance(second)
        runner.say(worker, .loading(LoadingProgress(progress: 0.5, message: "shard 1/2")))
        #expect(runner.deployment.setup.progress == 0.5)
        #expect(runner.timers[.loadDeadline(worker.id)] == runner.now + 600 * second, "progress is a sign of life")
        #expect(runner.deployment.health == .starting)
        runner.say(worker, .ready(RecordingRunner.manifest(concurrency: 2)))
        #expect(runner.deployment.health == .ready)
        #expect(runner.deployment.slots.capacity == 2)
        #expect(runner.deployment.setup.status == .succeeded)
        #expect(runner.deployment.setup.logs.contains("shard 1/2"))
        #expect(runner.deployment.handler?.isStreaming == true)
        #expect(runner.timers.isEmpty)
        runner.say(worker, .heartbeat)
    }

    @Test func aLoadThatTakesTooLong() {
        let runner = RecordingRunner()
        let worker = runner.worker
        runner.say(worker, .hello(WorkerHello(worker: "w")))
        runner.advance(600 * second)
        #expect(runner.deployment.setup.status == .failed)
        #expect(runner.deployment.setup.logs.contains("worker setup timed out"))
        #expect(runner.deployment.health == .setupFailed)
        #expect(worker.isDeathPipeClosed)
        // What comes too late makes nothing ready.
        runner.say(worker, .ready(RecordingRunner.manifest()))
        #expect(runner.deployment.slots.capacity == 0)
        runner.advance(5 * second)
        #expect(worker.signals == [.terminate])
        runner.advance(5 * second)
        #expect(worker.signals == [.terminate, .kill])
        runner.exit(worker)
        runner.advance(100 * second)
        #expect(runner.workers.count == 1, "it would take too long again")
        #expect(runner.deployment.health == .setupFailed)
        #expect(runner.create("p").rejection == .notReady(DeploymentIndex(0)))
    }

    /// A later life that loads too long was kept from it by something that may pass.
    @Test func aLaterLoadThatTakesTooLong() {
        let runner = RecordingRunner.ready()
        runner.exit(runner.worker)
        runner.advance(second)
        runner.advance(610 * second)
        runner.exit(runner.worker)
        runner.advance(second)
        #expect(runner.workers.count == 3)
        runner.becomeReady(runner.worker)
        #expect(runner.deployment.health == .ready)
    }

    /// However much was printed, the reason is there.
    @Test func aChattySetUpThatFails() {
        let runner = RecordingRunner()
        runner.say(runner.worker, .hello(WorkerHello(worker: "w")))
        for _ in 0..<100 { runner.print(runner.worker, String(repeating: "x", count: 9_999) + "\n") }
        runner.say(runner.worker, .setupFailed(SetupFailure(message: "no weights", traceback: "line 1")))
        let logs = runner.deployment.setup.logs
        #expect(logs.utf8.count < 300_000)
        #expect(logs.contains("is cut here"))
        #expect(logs.hasSuffix("line 1\nworker setup failed: Setup failed: no weights\n"))
    }

    /// Its word and its end are read in one turn: the word counts.
    @Test func aSetUpThatFailsAndExitsAtOnce() {
        let runner = RecordingRunner()
        let worker = runner.worker
        runner.say(worker, .hello(WorkerHello(worker: "w")))
        runner.holdsLogDrains = true
        worker.unreadLogs = [(.standardError, Array("last words\n".utf8))]
        runner.say(worker, .setupFailed(SetupFailure(message: "no weights")))
        runner.exit(worker, .exited(1))
        runner.releaseLogDrains()
        #expect(
            runner.deployment.setup.logs == "last words\nworker setup failed: Setup failed: no weights\n")
        runner.advance(100 * second)
        #expect(runner.workers.count == 1)
    }

    /// The same for a worker that was ready for a moment.
    @Test func oneThatIsReadyAndExitsAtOnce() {
        let runner = RecordingRunner()
        let worker = runner.worker
        runner.say(worker, .hello(WorkerHello(worker: "w")))
        runner.holdsLogDrains = true
        runner.say(worker, .ready(RecordingRunner.manifest()))
        runner.exit(worker, .signaled(9))
        runner.releaseLogDrains()
        #expect(runner.deployment.setup.status == .succeeded)
        #expect(runner.deployment.health == .unhealthy)
        #expect(runner.deployment.slots.capacity == 0)
        runner.advance(second)
        #expect(runner.workers.count == 2)
    }

    @Test func aSetUpThatCrashes() {
        let runner = RecordingRunner()
        runner.say(runner.worker, .hello(WorkerHello(worker: "w")))
        runner.worker.unreadLogs = [(.standardError, Array("Segmentation fault".utf8))]
        runner.exit(runner.worker, .signaled(11))
        #expect(runner.deployment.health == .setupFailed)
        #expect(runner.deployment.setup.status == .failed)
        #expect(
            runner.deployment.setup.logs
                == "Segmentation fault\nworker setup failed: worker crashed: signal 11 (SIGSEGV)\n")
    }

    @Test func aSetUpThatFails() {
        let runner = RecordingRunner()
        let worker = runner.worker
        runner.say(worker, .hello(WorkerHello(worker: "w")))
        runner.print(worker, "loading\n")
        let failure = SetupFailure(message: "no weights", kind: "RuntimeError", traceback: "line 1")
        runner.say(worker, .setupFailed(failure))
        #expect(runner.deployment.health == .setupFailed)
        let logs = runner.deployment.setup.logs
        #expect(logs.contains("Setup failed: RuntimeError: no weights"))
        #expect(logs.contains("line 1") && logs.contains("loading"))
        let errors = runner.logs.filter { $0.level == .error }.map(\.message)
        #expect(errors.starts(with: ["setup failed: RuntimeError: no weights", "line 1"]))
        runner.exit(worker, .exited(1))
        runner.advance(100 * second)
        #expect(runner.workers.count == 1, "starting again would not help")
        #expect(runner.deployment.health == .setupFailed)
        #expect(Array(runner.timers.keys) == [.probe(DeploymentIndex(0))])
        #expect(runner.exitCode == nil, "the server stays up and says what it is")
    }

    @Test func aProcessThatCannotBeStarted() {
        let runner = RecordingRunner.ready(.testing { $0.deployments = [.testing(workers: 1)] })
        runner.spawnFailure = "no such file"
        runner.exit(runner.worker)
        while runner.deployment.restartCount < 3 { runner.advance(second / 10) }
        #expect(runner.logs.count { $0.message.contains("no such file") } == 3)
        runner.spawnFailure = nil
        runner.advance(4 * second)
        runner.becomeReady(runner.worker)
        #expect(runner.deployment.health == .ready)
    }

    @Test(arguments: ["ready", "loading", "starting"])
    func aCrashIsFollowedByARestart(stage: String) {
        let runner = RecordingRunner()
        if stage != "starting" { runner.say(runner.worker, .hello(WorkerHello(worker: "w"))) }
        if stage == "ready" { runner.say(runner.worker, .ready(RecordingRunner.manifest())) }
        runner.exit(runner.worker)
        #expect(runner.workers.count == 1)
        #expect(runner.deployment.lastExit == "signal 9 (SIGKILL)")
        runner.waitForRestart()
        #expect(runner.workers.count == 2)
        #expect(runner.workers[0].id != runner.workers[1].id, "another life, another name")
        runner.becomeReady(runner.worker)
        #expect(runner.deployment.health == .ready)
        #expect(runner.deployment.lastExit == nil)
        #expect(runner.create("p", .background).rejection == nil)
    }

    // MARK: Manifests

    static let conflicts: [(String, @Sendable (inout DeploymentSettings) -> Void, [String])] = [
        ("handler", { $0.handler = "other" }, ["other", "\"run\""]),
        ("streaming", { $0.streaming = true }, ["streaming is true", "streaming false"]),
        ("concurrency", { $0.concurrency = 3 }, ["concurrency is 3", "at most 2"]),
    ]

    @Test(arguments: conflicts.indices)
    func conflictsNameBothValues(_ index: Int) {
        let (_, change, texts) = Self.conflicts[index]
        let runner = RecordingRunner(.testing { $0.deployments = [.testing("echo", change)] })
        runner.becomeReady(runner.worker, streaming: false, concurrency: 2)
        for text in texts {
            #expect(runner.logs.contains { $0.level == .error && $0.message.contains(text) }, "\(text)")
            #expect(runner.deployment.setup.logs.contains(text))
        }
        #expect(runner.deployment.slots.capacity == 0)
        #expect(runner.worker.isShuttingDown)
        runner.exit(runner.worker, .exited(0))
        #expect(runner.exitCode == 78)
    }

    @Test func severalHandlersNeedAChoice() {
        let two = HandlerManifest(handlers: [
            HandlerDescriptor(name: "a", concurrency: 2), HandlerDescriptor(name: "b", streaming: true, concurrency: 3),
        ])
        let undecided = RecordingRunner()
        undecided.say(undecided.worker, .hello(WorkerHello(worker: "w")))
        undecided.say(undecided.worker, .ready(two))
        undecided.exit(undecided.worker, .exited(0))
        #expect(undecided.exitCode == 78)
        let decided = RecordingRunner(.testing { $0.deployments = [.testing("echo") { $0.handler = "b" }] })
        decided.say(decided.worker, .hello(WorkerHello(worker: "w")))
        decided.say(decided.worker, .ready(two))
        #expect(decided.deployment.slots.capacity == 3)
        decided.create("p", .background)
        #expect(decided.worker.requests[0].handler == "b")
    }

    @Test func theConfigurationMayNarrow() {
        let settings = EngineSettings.testing {
            $0.deployments = [
                .testing("echo") {
                    $0.concurrency = 2
                    $0.streaming = false
                }
            ]
        }
        let runner = RecordingRunner.ready(settings, streaming: true, concurrency: 5)
        #expect(runner.deployment.slots.capacity == 2)
        #expect(runner.deployment.handler?.isStreaming == false)
    }

    /// Several workers with the same conflict are one reason to stop, not several requests to hurry.
    @Test func aConflictLetsOthersFinish() {
        let settings = EngineSettings.testing {
            $0.deployments = [.testing(), .testing("bad", workers: 2) { $0.concurrency = 9 }]
        }
        let runner = RecordingRunner(settings)
        runner.becomeReady(runner.workers[0])
        let client = runner.create("p")
        let good = runner.workers[0]
        runner.say(good, good.started("p"))
        runner.becomeReady(runner.workers[1])
        runner.becomeReady(runner.workers[2])
        #expect(good.canceled == [])
        runner.say(good, good.done("p"))
        #expect(client.data("completed")?["status"] == .string("succeeded"))
        for worker in runner.workers {
            #expect(worker.signals == [])
            runner.exit(worker, .exited(0))
        }
        #expect(runner.exitCode == 78)
    }
}
