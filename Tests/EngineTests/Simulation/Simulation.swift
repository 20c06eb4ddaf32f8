import Engine
import SSE
import TestSupport
import WireProtocol

/// An engine among workers, clients and a clock that all do what a seeded generator draws.
final class Simulation {
    let settings: EngineSettings
    let runner: RecordingRunner
    var generator: SeededGenerator
    private(set) var workers: [SimulatedWorker] = []
    /// What the clients asked for, where it makes them readers.
    private(set) var requests: [UInt64: StreamRequest] = [:]
    /// Clients that wait for the end of a prediction.
    private(set) var waiting: Set<UInt64> = []
    var known: [ScriptedClient] = []
    private let concurrency: Int
    private var webhookCount = 0
    /// How many notices were checked, and the webhooks that were told the end.
    var checkedNotices = 0
    var toldEnds: Set<String> = []
    /// Log lines that were looked at.
    var seenLogs = 0
    /// How many workers each deployment may have started in all, while it has failed.
    var allowedStarts: [Int: Int] = [:]
    /// An operator has asked for something since then.
    var hasAdministered = false

    init(seed: UInt64) {
        generator = SeededGenerator(seed: seed)
        settings = Simulation.settings(&generator)
        runner = RecordingRunner(settings, seed: seed)
        runner.holdsSweeps = true
        concurrency = Int.random(in: 1...3, using: &generator)
    }

    // MARK: Steps

    /// One thing happens.
    func step() {
        adoptWorkers()
        switch Int.random(in: 0...99, using: &generator) {
        case 0..<12: create()
        case 12..<18: subscribe()
        case 18..<22: runner.perform(.cancel(anyID()))
        case 22..<24: runner.perform(.read(anyID()))
        case 24..<36: drainSomebody()
        case 36..<37: if let client = anybody() { leave(client) }
        case 37..<39: doSomethingRare()
        case 39..<40: spoilSomeWorker()
        case 40..<41: killSomeWorker()
        case 41..<46: printSomething()
        case 46..<52: loadFile()
        case 52..<54: settleDelivery()
        case 54..<56: obey()
        case 56..<62: runner.advance(UInt64.random(in: 0...(2 * second), using: &generator))
        default: letWorkerAct()
        }
    }

    private func adoptWorkers() {
        for script in runner.workers[workers.count...] {
            workers.append(SimulatedWorker(script, concurrency: concurrency, SimulatedWorker.Temper(&generator)))
        }
    }

    private func anyID() -> PredictionID { RecordingRunner.id("p\(Int.random(in: 0...6, using: &generator))") }

    private func anyRequest() -> StreamRequest {
        var request = [StreamRequest.cog, .events, .events, .typed, .flat].randomElement(using: &generator) ?? .cog
        switch Int.random(in: 0...5, using: &generator) {
        case 0: request.resume = .now
        case 1: request.resume = .afterSequence(UInt64.random(in: 0...12, using: &generator))
        case 2:
            let seen = known.randomElement(using: &generator)?.events.last { $0.id != nil }?.id ?? "nonsense"
            request.resume = ResumePoint(lastEventID: seen)
        default: break
        }
        return request
    }

    private func anyRoom() -> Int? {
        Bool.random(using: &generator) ? nil : Int.random(in: 0...500, using: &generator)
    }

    /// As the API does: an id that is known is joined, or run again when it has ended.
    private func create() {
        let form: AnswerForm =
            switch Int.random(in: 0...4, using: &generator) {
            case 0: .wait
            case 1, 2: .background
            default: .stream(anyRequest())
            }
        let id = anyID()
        let size = Int.random(in: 0...9, using: &generator) == 0 ? 300 : 3
        let input = "\"" + String(repeating: "i", count: size) + "\""
        switch runner.engine.admission(of: id) {
        case .joinsRunning(let key) where Bool.random(using: &generator): remember(form, .join(key, form))
        case .mayRepeat(let key, _, _) where Bool.random(using: &generator): remember(form, .join(key, form))
        default:
            let put = Bool.random(using: &generator)
            let deployment = Int.random(in: 0..<settings.deployments.count, using: &generator)
            var request = RecordingRunner.request(id.text, form, input: input, put: put, deployment: deployment)
            if Bool.random(using: &generator) { request.webhook = makeWebhook() }
            remember(form, .create(request))
        }
    }

    private func subscribe() {
        let request = anyRequest()
        remember(.stream(request), .subscribe(anyID(), request))
    }

    private func remember(_ form: AnswerForm, _ command: Command) {
        let client = runner.perform(command, room: anyRoom())
        known.append(client)
        if case .stream(let request) = form, client.opening != nil { requests[client.id.rawValue] = request }
        if form == .wait, client.answer == nil { waiting.insert(client.id.rawValue) }
    }

    private func anybody() -> ScriptedClient? {
        known.filter { runner.clients[$0.id.rawValue] != nil && ($0.isOpen || waiting.contains($0.id.rawValue)) }
            .randomElement(using: &generator)
    }

    private func drainSomebody() {
        guard let client = anybody(), !client.pending.isEmpty else { return }
        runner.drain(client, room: anyRoom())
    }

    private func leave(_ client: ScriptedClient) {
        waiting.remove(client.id.rawValue)
        runner.disconnect(client)
    }

    // MARK: Workers

    func someWorker() -> SimulatedWorker? {
        workers.filter { $0.stage != .dead }.randomElement(using: &generator)
    }

    private func letWorkerAct() {
        guard let worker = someWorker() else { return }
        worker.act(&generator)
        write(worker, Int.random(in: 0...4, using: &generator) == 0)
    }

    /// Writes what the worker has made, whole or up to any byte.
    func write(_ worker: SimulatedWorker, _ isCut: Bool) {
        guard !worker.unwritten.isEmpty else { return }
        let count = isCut ? Int.random(in: 1...worker.unwritten.count, using: &generator) : worker.unwritten.count
        let bytes = Array(worker.unwritten[..<count])
        worker.unwritten.removeFirst(count)
        runner.write(worker.script, bytes)
    }

    private func spoilSomeWorker() {
        guard let worker = someWorker(), worker.stage != .spoiled else { return }
        write(worker, true)
        worker.spoil()
        if Int.random(in: 0...2, using: &generator) == 0 {
            runner.send(.workerOutputEnded(worker.script.id))
        } else {
            runner.write(worker.script, worker.garbage(&generator))
        }
    }

    private func killSomeWorker() {
        guard let worker = someWorker() else { return }
        write(worker, true)
        kill(worker)
    }

    private func kill(_ worker: SimulatedWorker) {
        let ends: [ProcessStatus] = [
            .signaled(9), .signaled(11), .exited(0), .exited(1), .exited(1), .exited(78), .unknown,
        ]
        kill(worker, ends.randomElement(using: &generator) ?? .unknown)
    }

    func kill(_ worker: SimulatedWorker, _ status: ProcessStatus) {
        worker.die()
        runner.exit(
            worker.script, status,
            wasOutOfMemory: status == .signaled(9) && Bool.random(using: &generator))
    }

    private func printSomething() {
        guard let worker = someWorker() else { return }
        let text = generator.bytes(Int.random(in: 0...30, using: &generator)) + [0x0A]
        if Bool.random(using: &generator) {
            worker.script.unreadLogs.append((.standardOutput, text))
        } else {
            runner.send(.workerLogged(worker.script.id, .standardError, text))
        }
    }

    private func loadFile() {
        guard let worker = workers.filter({ $0.script.wantedFile != nil }).randomElement(using: &generator) else {
            return
        }
        load(for: worker)
    }

    private func load(for worker: SimulatedWorker) {
        worker.script.wantedFile = nil
        switch Int.random(in: 0...7, using: &generator) {
        case 0: runner.send(.spillFailed(worker.script.id, reason: "gone"))
        case 1: runner.send(.spillTooLarge(worker.script.id))
        default: runner.send(.spillLoaded(worker.script.id, Array("file".utf8)))
        }
    }

    // MARK: Outgoing requests

    /// A webhook with an address of its own.
    private func makeWebhook() -> Webhook? {
        webhookCount += 1
        let events = WebhookEvents(rawValue: UInt8.random(in: 0...15, using: &generator))
        return DeliveryURL("http://hooks/\(webhookCount)").map { Webhook(url: $0, events: events) }
    }

    private func settleDelivery() {
        let open = runner.sent.indices.filter { runner.unsettled[runner.sent[$0].id] != nil }
        guard let number = open.randomElement(using: &generator) else { return }
        switch Int.random(in: 0...5, using: &generator) {
        case 0: runner.settle(.unreachable("could not connect"), number)
        case 1: runner.settle(.agentLost("it ended"), number)
        case 2: runner.answer(number, status: 503)
        case 3: runner.answer(number, status: 404)
        default: runner.answer(number)
        }
    }

    // MARK: The end

    /// Stops the server; everything that is still out comes in.
    func finish() {
        let reasons: [StopReason] = [.interrupt, .terminate]
        for _ in 0..<Int.random(in: 1...4, using: &generator) {
            runner.send(.stopRequested(reasons.randomElement(using: &generator) ?? .interrupt))
            for _ in 0..<5 { step() }
        }
        runner.spawnFailure = nil
        runner.advance(20 * second)
        adoptWorkers()
        for worker in workers where worker.stage != .dead { kill(worker) }
        while !runner.heldSweeps.isEmpty { runner.releaseSweep(0) }
        while let worker = workers.first(where: { $0.script.wantedFile != nil }) { load(for: worker) }
        for client in known where client.isOpen || !client.pending.isEmpty {
            while runner.clients[client.id.rawValue] != nil, !client.pending.isEmpty { runner.drain(client) }
        }
        runner.settle()
        while runner.exitCode == nil, !runner.unsettled.isEmpty { settleDelivery() }
        runner.advance(settings.drain.deliver)
    }

    var clients: [ScriptedClient] { known }
}
