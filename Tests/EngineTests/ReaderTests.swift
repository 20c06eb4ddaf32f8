import Engine
import SSE
import Testing
import WireProtocol

@Suite("Engine: readers")
struct ReaderTests {
    static func narrow(_ change: (inout EngineSettings) -> Void = { _ in }) -> EngineSettings {
        .testing {
            $0.streams = StreamSettings(
                history: HistoryLimits(events: 3, bytes: 1 << 20), window: LiveWindow(events: 4, bytes: 400))
            change(&$0)
        }
    }

    static func emit(_ count: Int, _ runner: RecordingRunner) {
        for number in 0..<count { runner.say(runner.worker, runner.worker.output("p", "\(number)")) }
    }

    static func started(_ settings: EngineSettings = .testing()) -> RecordingRunner {
        let runner = RecordingRunner.ready(settings)
        runner.create("p", .background)
        runner.say(runner.worker, runner.worker.started("p"))
        return runner
    }

    // MARK: Where they begin

    @Test func eventsForAnEventSource() {
        let runner = Self.started()
        Self.emit(2, runner)
        let client = runner.subscribe("p")
        #expect(client.opening?.replay == .full)
        #expect(client.names == ["start", "output", "output"])
        #expect(client.sequences == [1, 2, 3])
        let retry = client.events[0].retry ?? 0
        #expect((1500...3000).contains(retry), "with the first event, never alone")
        #expect(client.events.dropFirst().allSatisfy { $0.retry == nil })
        #expect(client.reader.commentCount == 1, "a comment opens the stream")
        #expect(runner.join("p", .stream(.cog))?.events.allSatisfy { $0.retry == nil } == true)
    }

    @Test func resumingBehindEachEvent() {
        let runner = Self.started()
        Self.emit(5, runner)
        let all = runner.subscribe("p")
        for (place, event) in all.events.enumerated() {
            for text in [event.id ?? "", "\(place + 1)"] {
                for request in [StreamRequest.events, .cog] {
                    let client = runner.subscribe("p", request.resuming(ResumePoint(lastEventID: text)))
                    #expect(client.opening?.replay == .resumed)
                    #expect(client.opening?.replayFrom?.text == event.id)
                    #expect(client.sequences == Array((place + 2)..<7))
                    runner.disconnect(client)
                }
            }
        }
    }

    @Test func fromNow() {
        let runner = Self.started()
        Self.emit(2, runner)
        let client = runner.subscribe("p", .events.resuming(.now))
        #expect(client.opening?.replay == .live)
        #expect(client.opening?.replayFrom?.sequence == 3)
        Self.emit(1, runner)
        #expect(client.sequences == [4])
    }

    @Test(arguments: ["zzzzzz-3", "nonsense", "99", "zzzzzz-99"])
    func idsOfAnotherRun(_ text: String) {
        let runner = Self.started()
        Self.emit(2, runner)
        let client = runner.subscribe("p", .events.resuming(ResumePoint(lastEventID: text)))
        #expect(client.names == ["gap", "start", "output", "output"])
        #expect(client.texts[0] == #"{"missed_from":null,"missed_to":null}"#)
        let cog = runner.subscribe("p", .cog.resuming(ResumePoint(lastEventID: text)))
        #expect(cog.names == ["start", "output", "output"])
    }

    @Test func whoHasSeenEverything() {
        let runner = Self.started()
        Self.emit(1, runner)
        let early = runner.subscribe("p")
        runner.say(runner.worker, runner.worker.done("p"))
        let last = ResumePoint(lastEventID: early.events[2].id ?? "")
        #expect(runner.subscribe("p", .events.resuming(last)).rejection == .nothingFollows)
        #expect(runner.subscribe("p", .events.resuming(.now)).rejection == .nothingFollows)
        let before = ResumePoint(lastEventID: early.events[1].id ?? "")
        let resumed = runner.subscribe("p", .events.resuming(before))
        #expect(resumed.names == ["completed"] && resumed.hasEnded)
        let cog = runner.subscribe("p", .cog.resuming(last))
        #expect(cog.events.isEmpty && cog.hasEnded)
    }

    /// The capacity of the history is for readers that come late.
    @Test func aTruncatedReplay() {
        let runner = Self.started(Self.narrow())
        let first = runner.subscribe("p")
        Self.emit(9, runner)
        #expect(first.sequences == Array(1...10))
        let cog = runner.subscribe("p", .cog)
        #expect(cog.names == ["error"])
        #expect(cog.texts == [#"{"error":"SSE stream replay truncated; events were dropped","skipped":7}"#])
        #expect(cog.hasEnded)
        #expect(cog.opening?.replay == .truncated)
        let events = runner.subscribe("p")
        #expect(events.names == ["start", "gap", "output", "output", "output"])
        #expect(events.sequences == [1, 8, 9, 10])
        let epoch = events.events[0].id?.prefix(6) ?? ""
        #expect(events.texts[1] == #"{"missed_from":"\#(epoch)-2","missed_to":"\#(epoch)-7"}"#)
        #expect(events.opening?.replay == .truncated)
        let resumed = runner.subscribe("p", .events.resuming(.afterSequence(4)))
        #expect(resumed.names == ["gap", "output", "output", "output"])
        #expect(resumed.texts[0] == #"{"missed_from":"\#(epoch)-5","missed_to":"\#(epoch)-7"}"#)
        let cogResumed = runner.subscribe("p", .cog.resuming(.afterSequence(4)))
        #expect(cogResumed.texts == [#"{"error":"SSE stream replay truncated; events were dropped","skipped":3}"#])
        #expect(runner.subscribe("p", .cog.resuming(.afterSequence(7))).sequences == [8, 9, 10])
        Self.emit(1, runner)
        #expect(events.sequences == [1, 8, 9, 10, 11])
    }

    @Test func onlyTheFirstEventIsGone() {
        let runner = Self.started(Self.narrow())
        Self.emit(3, runner)
        let events = runner.subscribe("p")
        #expect(events.names == ["start", "output", "output", "output"])
        #expect(events.opening?.replay == .full)
    }

    /// Capacity 0: live only. Whoever began the run has all of it, who comes later what comes from then on.
    @Test(arguments: [StreamRequest.cog, .typed])
    func withoutHistory(_ request: StreamRequest) {
        let runner = RecordingRunner.ready(.testing { $0.streams.history.events = 0 })
        let worker = runner.worker
        let client = runner.create("p", .stream(request))
        runner.say(worker, worker.started("p"), worker.output("p", "1"))
        let late = [runner.subscribe("p", .cog), runner.subscribe("p", .events), runner.subscribe("p", .typed)]
        for reader in late {
            #expect(reader.events.isEmpty || reader.names == ["start"])
            #expect(reader.opening?.replay == .live)
        }
        runner.say(worker, worker.output("p", "2"), worker.done("p"))
        if request.profile == .native { #expect(client.names == ["start", "output", "output", "completed"]) }
        if request.profile == .typed { #expect(client.texts.count == 3) }
        #expect(late[0].names == ["output", "completed"])
        for reader in late { #expect(reader.hasEnded) }
        let afterTheEnd = runner.subscribe("p", .cog)
        #expect(afterTheEnd.names == ["completed"] && afterTheEnd.hasEnded)
    }

    // MARK: Slow ones

    @Test func aLaggingReaderOnCogsRoutes() {
        let runner = Self.started(Self.narrow { $0.patience = 0 })
        let slow = runner.subscribe("p", .cog, room: 0)
        let prompt = runner.subscribe("p", .cog)
        Self.emit(40, runner)
        runner.drain(slow)
        #expect(slow.names.last == "error")
        let kept = slow.sequences.last ?? 0
        #expect(slow.texts.last == #"{"error":"SSE stream lagged; events were dropped","skipped":\#(41 - kept)}"#)
        #expect(slow.hasEnded)
        #expect(prompt.sequences == Array(1...41))
        #expect(runner.engine.readerCount == 1)
    }

    @Test func aLaggingReaderOfEvents() {
        let runner = Self.started(Self.narrow { $0.patience = 0 })
        let slow = runner.subscribe("p", .events, room: 0)
        Self.emit(40, runner)
        runner.drain(slow)
        let kept =
            slow.sequences.first.map { _ in slow.events.prefix { $0.name != "gap" }.compactMap(\.sequence) } ?? []
        let epoch = slow.events[0].id?.prefix(6) ?? ""
        #expect(slow.data("gap")?["missed_from"] == .string("\(epoch)-\((kept.last ?? 0) + 1)"))
        #expect(slow.data("gap")?["missed_to"] == .string("\(epoch)-38"))
        #expect(slow.sequences == kept + [39, 40, 41])
        Self.emit(1, runner)
        #expect(slow.sequences.last == 42)
    }

    @Test func aLaggingTypedReader() {
        let runner = Self.started(Self.narrow { $0.patience = 0 })
        let slow = runner.subscribe("p", .typed, room: 0)
        Self.emit(40, runner)
        runner.drain(slow)
        #expect(slow.data("")?["error"]?["code"] == .string("lagged"))
        #expect(slow.data("")?["done"] == .bool(true))
        #expect(slow.hasEnded)
    }

    @Test func whatASlowReaderHasInHandComesFirst() {
        let runner = Self.started()
        let slow = runner.subscribe("p", room: 5)
        Self.emit(10, runner)
        runner.drain(slow, room: 40)
        runner.drain(slow, room: 40)
        runner.drain(slow)
        #expect(slow.sequences == Array(1...11))
        #expect(slow.reader.complaints == [])
    }

    // MARK: Patience

    static func isPaused(_ runner: RecordingRunner) -> Bool { runner.worker.isPaused }

    @Test func patienceIsSpentOnce() {
        let runner = Self.started(Self.narrow())
        let slow = runner.subscribe("p", room: 0)
        Self.emit(3, runner)
        #expect(!Self.isPaused(runner), "less than half of the window")
        Self.emit(3, runner)
        #expect(Self.isPaused(runner))
        let waiting = runner.worker.output("p", "99")
        runner.say(runner.worker, waiting)
        runner.advance(second / 4)
        runner.drainOnce(slow)
        #expect(!Self.isPaused(runner))
        #expect(runner.timers.keys.contains { if case .patience = $0 { true } else { false } } == false)
        Self.emit(8, runner)
        #expect(Self.isPaused(runner), "a part of it is left")
        runner.advance(second * 3 / 4 - 1)
        #expect(Self.isPaused(runner))
        runner.advance(1)
        #expect(!Self.isPaused(runner))
        Self.emit(100, runner)
        #expect(!Self.isPaused(runner), "and never again")
        runner.drain(slow)
        #expect(slow.names.contains("gap"))
    }

    @Test func withoutPatience() {
        let runner = Self.started(Self.narrow { $0.patience = 0 })
        _ = runner.subscribe("p", room: 0)
        Self.emit(50, runner)
        #expect(!Self.isPaused(runner))
    }

    @Test(arguments: ["leaves", "cancel", "death", "garbage"])
    func thePauseEnds(with cause: String) {
        let runner = Self.started(Self.narrow())
        let worker = runner.worker
        let slow = runner.subscribe("p", room: 0)
        Self.emit(7, runner)
        #expect(Self.isPaused(runner))
        switch cause {
        case "leaves":
            runner.disconnect(slow)
            #expect(!Self.isPaused(runner))
        case "death":
            runner.exit(worker)
            #expect(runner.read("p")?["status"] == .string("failed"))
        case "cancel":
            _ = runner.cancel("p")
            runner.say(worker, worker.done("p", .canceled))
            runner.advance(second)
            #expect(runner.read("p")?["status"] == .string("canceled"))
        default:
            runner.write(worker, Array(repeating: 0x41, count: 16))
            runner.advance(second)
            #expect(runner.read("p")?["status"] == .string("failed"))
            #expect(worker.isPaused, "nothing is read from it any more")
        }
        #expect(runner.timers.keys.contains { if case .patience = $0 { true } else { false } } == false)
    }

    /// Two predictions of one worker: its pipe is read again when nobody needs the pause any more.
    @Test func aPauseForTwo() {
        let runner = RecordingRunner.ready(Self.narrow { $0.patience = 2 * second }, concurrency: 2)
        let worker = runner.worker
        let clients = ["a", "b"].map { runner.create($0, room: 0) }
        runner.say(worker, worker.started("a"), worker.started("b"))
        let burst = (0..<4).flatMap { _ in worker.frame(worker.output("a", "1")) + worker.frame(worker.output("b", "2"))
        }
        runner.write(worker, burst)
        #expect(worker.isPaused)
        runner.drainOnce(clients[0])
        #expect(worker.isPaused)
        runner.drainOnce(clients[1])
        #expect(!worker.isPaused)
        #expect(runner.actions.count { if case .pauseReading = $0 { true } else { false } } == 1)
    }

    @Test func aPauseAndAFile() {
        let runner = Self.started(Self.narrow())
        let worker = runner.worker
        let slow = runner.subscribe("p", room: 0)
        Self.emit(7, runner)
        #expect(worker.isPaused)
        runner.drainOnce(slow)
        #expect(!worker.isPaused)
        runner.say(worker, worker.spilledOutput("p", path: "/spool/a", size: 1))
        #expect(worker.isPaused)
        runner.drainOnce(slow)
        #expect(worker.isPaused, "the file is still being read")
        runner.send(.spillLoaded(worker.id, Array("\"x\"".utf8)))
        #expect(!worker.isPaused)
    }

    // MARK: Time

    @Test func heartbeats() {
        let runner = Self.started()
        let client = runner.subscribe("p")
        let before = client.reader.commentCount
        runner.advance(15 * second)
        #expect(client.reader.commentCount == before + 1)
        runner.advance(10 * second)
        Self.emit(1, runner)
        runner.advance(14 * second)
        #expect(client.reader.commentCount == before + 1, "only where it is silent")
        runner.advance(2 * second)
        #expect(client.reader.commentCount == before + 2)
        #expect(client.reader.complaints == [])
        runner.disconnect(client)
        runner.advance(2 * second)
        #expect(runner.timers[.streamTick] == nil, "nobody to tick for")
    }

    @Test func noHeartbeats() {
        let runner = Self.started(.testing { $0.heartbeat = 0 })
        let client = runner.subscribe("p")
        runner.advance(1_000 * second)
        #expect(client.reader.commentCount == 1)
    }

    /// The socket drains and the tick comes in one turn, with half of an event written: the comment must not split it.
    @Test func aHeartbeatNeverSplitsAnEvent() {
        let runner = Self.started(.testing { $0.writeTimeout = 100 * second })
        let large = "\"" + String(repeating: "x", count: 100_000) + "\""
        let client = runner.subscribe("p", room: 1_000)
        runner.say(runner.worker, runner.worker.output("p", large))
        runner.advance(20 * second)
        client.room = nil
        #expect(client.drain())
        runner.sendTogether([.connectionDrained(client.id), .timerFired(.streamTick)])
        #expect(client.sequences == [1, 2])
        #expect(client.reader.complaints == [])
        #expect(client.texts[1].utf8.count > 100_000)
    }

    @Test func theWriteTimeout() {
        let runner = Self.started()
        let stuck = runner.subscribe("p", room: 100)
        let prompt = runner.subscribe("p")
        Self.emit(5, runner)
        runner.advance(29 * second)
        #expect(!stuck.isCut)
        runner.advance(3 * second)
        #expect(stuck.isCut)
        #expect(!prompt.isCut)
        #expect(runner.engine.readerCount == 1)
        #expect(runner.logs.contains { $0.message.contains("write_timeout") && $0.predictionID == "p" })
        Self.emit(1, runner)
        #expect(prompt.sequences == Array(1...7))
    }

    @Test func theWriteTimeoutCancelsLikeALeaving() {
        let runner = RecordingRunner.ready()
        runner.create("p", room: 0)
        runner.say(runner.worker, runner.worker.started("p"))
        runner.advance(32 * second)
        #expect(runner.worker.canceled == ["p"])
    }

    // MARK: Caps

    @Test func perPrediction() {
        let runner = Self.started(.testing { $0.readersPerPrediction = 3 })
        let readers = [runner.subscribe("p"), runner.subscribe("p", .typed), runner.subscribe("p", .cog)]
        #expect(runner.subscribe("p").rejection == .tooManyReadersOfPrediction)
        #expect(runner.join("p", .stream(.cog))?.rejection == .tooManyReadersOfPrediction)
        runner.disconnect(readers[1])
        #expect(runner.subscribe("p").rejection == nil)
    }

    @Test func inAll() {
        let runner = RecordingRunner.ready(.testing { $0.readersInAll = 2 }, concurrency: 3)
        let worker = runner.worker
        let first = runner.create("a")
        runner.create("b")
        #expect(runner.create("c").rejection == .tooManyReaders)
        #expect(worker.requests.count == 2, "refused before anything was begun")
        #expect(runner.create("c", .background).rejection == nil)
        #expect(runner.subscribe("c").rejection == .tooManyReaders)
        runner.say(worker, worker.started("a"), worker.done("a"))
        #expect(first.hasEnded)
        #expect(runner.engine.readerCount == 1)
        #expect(runner.subscribe("c").rejection == nil)
    }
}
