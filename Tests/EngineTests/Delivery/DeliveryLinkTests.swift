import Engine
import Testing
import WireProtocol

@Suite("Delivery: the process")
struct DeliveryLinkTests {
    /// The link, with a process by hand at its other end.
    private struct Driver: ~Copyable {
        var link = DeliveryLink(frameLimit: 1 << 20, inlineLimit: 1 << 16, spool: "/spool")
        var now: UInt64 = 1_000 * second
        private var worker: ScriptedWorker?
        private(set) var spawnCount = 0
        private(set) var killCount = 0
        private(set) var timer: UInt64?
        private(set) var settled: [(DeliveryID, DeliveryResult)] = []
        private(set) var logs: [String] = []

        static let id: WorkerID = {
            var slab = Slab<Int>()
            return WorkerID(handle: slab.insert(0))
        }()

        mutating func request(_ number: UInt64) {
            link.request(
                DeliveryID(rawValue: number),
                DeliveryRequest(
                    method: "POST", url: "http://x/", headers: [], body: .bytes([0x7B, 0x7D]), timeout: 30 * second,
                    isAuthorized: true), now: now)
            carryOut()
        }

        private mutating func carryOut() {
            let wishes = link.wishes
            link.wishes = []
            for wish in wishes {
                switch wish {
                case .spawn: spawnCount += 1
                case .send(let frame): worker?.receive(frame)
                case .kill: killCount += 1
                case .startTimer(let time): timer = time
                case .cancelTimer: timer = nil
                case .settled(let id, let result): settled.append((id, result))
                case .log(_, let text): logs.append(text)
                }
            }
        }

        mutating func spawned() {
            worker = ScriptedWorker(Self.id, SpawnPlan(deployment: DeploymentIndex(0), generation: 0, place: 0))
            link.spawned(now: now)
            carryOut()
        }

        mutating func say(_ message: WorkerMessage) {
            guard let frame = worker?.frame(message) else { return }
            write(frame)
        }

        mutating func write(_ bytes: [UInt8]) {
            let time = now
            bytes.withUnsafeBytes { link.receive($0, now: time) }
            carryOut()
        }

        mutating func becomeReady(concurrency: Int = 32) {
            spawned()
            say(.hello(WorkerHello(worker: "agent", capabilities: [])))
            say(
                .ready(
                    HandlerManifest(handlers: [
                        HandlerDescriptor(name: "send", streaming: false, concurrency: concurrency)
                    ])))
        }

        mutating func exit() {
            worker = nil
            link.exited(.signaled(9), now: now)
            carryOut()
        }

        mutating func failToSpawn() {
            link.spawnFailed("no such file", now: now)
            carryOut()
        }

        mutating func advance(to time: UInt64) {
            now = time
            if let due = timer, due <= now {
                timer = nil
                link.timeOver(now: now)
                carryOut()
            }
        }

        var requests: [PredictRequest] { worker?.requests ?? [] }

        mutating func answer(_ number: UInt64, _ output: String?, _ outcome: RunOutcome = .succeeded) {
            guard let worker else { return }
            let id = "delivery-\(number)"
            say(worker.started(id))
            if let output { say(worker.output(id, output)) }
            say(worker.done(id, outcome, isCollected: false))
        }
    }

    @Test func itIsStartedWhenItIsNeeded() {
        var driver = Driver()
        #expect(driver.spawnCount == 0)
        driver.request(1)
        driver.request(2)
        #expect(driver.spawnCount == 1)
        driver.becomeReady()
        #expect(driver.requests.map(\.id) == ["delivery-1", "delivery-2"])
        let input = try? JSONValue.parse(driver.requests[0].input.bytes)
        #expect(input?["body"]?.stringValue == "{}")
        #expect(input?["timeout_ms"] == .number("30000"))
        driver.answer(2, #"{"status":204,"url":"http://x/y","location":"http://x/z"}"#)
        driver.answer(1, nil, .failed(RunFailure("could not connect")))
        #expect(driver.settled.map(\.0.rawValue) == [2, 1])
        #expect(
            driver.settled.map(\.1) == [
                .answered(DeliveryAnswer(status: 204, url: "http://x/y", location: "http://x/z")),
                .unreachable("could not connect"),
            ])
        #expect(driver.timer == nil, "nothing is waited for")
    }

    @Test func moreThanItCanDoAtOnceWaits() {
        var driver = Driver()
        for number in 1...3 { driver.request(UInt64(number)) }
        driver.becomeReady(concurrency: 2)
        #expect(driver.requests.count == 2)
        driver.answer(1, #"{"status":200,"url":"u"}"#)
        #expect(driver.requests.count == 3)
    }

    @Test func whatItHadWhenItEndedIsLostAndThePausesGrow() {
        var driver = Driver()
        driver.request(1)
        var pauses: [UInt64] = []
        for round in 0..<9 {
            driver.becomeReady()
            driver.exit()
            #expect(driver.settled.count == round + 1)
            guard case .agentLost? = driver.settled.last?.1 else {
                Issue.record("\(driver.settled)")
                return
            }
            driver.request(UInt64(round + 2))
            #expect(driver.spawnCount == round + 1, "not at once")
            guard let due = driver.timer else {
                Issue.record("no timer")
                return
            }
            pauses.append((due - driver.now) / (second / 2))
            driver.advance(to: due)
            #expect(driver.spawnCount == round + 2)
        }
        #expect(pauses == [1, 2, 4, 8, 16, 32, 60, 60, 60])
        driver.becomeReady()
        driver.answer(10, #"{"status":200,"url":"u"}"#)
        driver.exit()
        driver.request(99)
        #expect(driver.timer == driver.now + second / 2, "an answer makes up for it")
    }

    @Test func itCannotBeStarted() {
        var driver = Driver()
        driver.request(1)
        driver.failToSpawn()
        #expect(driver.settled.count == 1)
        #expect(driver.logs.contains { $0.contains("no such file") })
    }

    @Test func itIsNeverReady() {
        var driver = Driver()
        driver.request(1)
        driver.spawned()
        guard let due = driver.timer else {
            Issue.record("no timer")
            return
        }
        driver.advance(to: due)
        #expect(driver.killCount == 1)
        driver.exit()
        #expect(driver.settled.count == 1)
    }

    @Test func itHangs() {
        var driver = Driver()
        driver.request(1)
        driver.becomeReady()
        #expect(driver.timer == driver.now + 40 * second)
        driver.advance(to: driver.now + 40 * second)
        #expect(driver.killCount == 1)
        driver.exit()
        guard case .agentLost? = driver.settled.last?.1 else {
            Issue.record("\(driver.settled)")
            return
        }
    }

    @Test func itBreaksTheProtocol() {
        var driver = Driver()
        driver.request(1)
        driver.becomeReady()
        driver.write(Array("HTTP/1.1 200 OK\r\n\r\n".utf8))
        #expect(driver.killCount == 1)
        #expect(driver.settled.isEmpty)
        driver.exit()
        #expect(driver.settled.count == 1)
    }

    @Test func nonsenseIsNoAnswer() {
        var driver = Driver()
        for number in 1...3 { driver.request(UInt64(number)) }
        driver.becomeReady()
        driver.answer(1, #"{"status":"200"}"#)
        driver.answer(2, "17")
        driver.answer(3, nil)
        #expect(driver.settled.count == 3)
        for (_, result) in driver.settled { #expect(result == .unreachable("the delivery process said nothing")) }
    }
}
