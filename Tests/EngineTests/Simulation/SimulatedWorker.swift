import Engine
import TestSupport
import WireProtocol

/// A worker that does something legal, drawn at random, whenever it is asked to; and sometimes something that is not.
final class SimulatedWorker {
    /// What it is like, for all of its life.
    struct Temper {
        var capabilities: [String] = []
        /// It never gets ready.
        var loadsForEver = false
        /// It ends no run because it was cancelled.
        var ignoresCancels = false
        /// Only SIGKILL ends it.
        var ignoresWords = false

        init(_ generator: inout SeededGenerator) {
            capabilities = [Capability.spill, Capability.heartbeat, Capability.interrupt].filter { _ in
                Bool.random(using: &generator)
            }
            loadsForEver = Int.random(in: 0...11, using: &generator) == 0
            ignoresCancels = Int.random(in: 0...3, using: &generator) == 0
            ignoresWords = Int.random(in: 0...4, using: &generator) == 0
        }
    }

    enum Stage {
        case new, greeted, ready
        /// It has broken the protocol or closed its pipe, or says nothing more for another reason.
        case spoiled
        case dead
    }

    let script: ScriptedWorker
    let concurrency: Int
    let temper: Temper
    /// It says nothing any more, whatever happens.
    var isMute = false
    private var seenSignals = 0
    private(set) var stage = Stage.new
    /// Frame numbers of the runs that it has, by slot.
    private(set) var runs: [UInt16: UInt64] = [:]
    private var canceled: Set<UInt16> = []
    /// Slots whose runs it was asked to end, whether it heeds that or not.
    private var interrupted: Set<UInt16> = []
    private var readCount = 0
    /// What it has made and not written yet: pipes are cut anywhere.
    var unwritten: [UInt8] = []

    init(_ script: ScriptedWorker, concurrency: Int, _ temper: Temper) {
        self.script = script
        self.concurrency = concurrency
        self.temper = temper
    }

    /// How it ends for what was asked of it; nil: it does not, or not for that.
    var obedientEnd: ProcessStatus? {
        if stage == .dead { return nil }
        if script.signals.contains(.kill) { return .signaled(9) }
        if temper.ignoresWords { return nil }
        if script.signals.contains(.terminate) { return .signaled(15) }
        // One that hangs does not read.
        return !isMute && (script.isShuttingDown || script.isDeathPipeClosed) ? .exited(0) : nil
    }

    func spoil() {
        stage = .spoiled
        script.isWild = true
        unwritten = []
    }

    func die() {
        stage = .dead
        unwritten = []
    }

    /// Everything that it has written was read, and nothing is left to be.
    var isSettled: Bool { unwritten.isEmpty && script.unread.isEmpty && script.wantedFile == nil }

    /// Slots whose runs it has not ended, those included that it has not looked at yet.
    var busySlots: Int {
        catchUp()
        return runs.count
    }

    private func catchUp() {
        for message in script.received[readCount...] {
            switch message {
            case .predict(let slot, _, _), .spilledPredict(let slot, _, _):
                runs[slot] = 0
                canceled.remove(slot)
                interrupted.remove(slot)
            case .cancel(let slot, _):
                interrupted.insert(slot)
                if !temper.ignoresCancels { canceled.insert(slot) }
            default: break
            }
        }
        readCount = script.received.count
    }

    private func takeSignals() {
        // SIGUSR1 is harder to ignore than a frame.
        if script.signals[seenSignals...].contains(.interruptRun) { canceled.formUnion(interrupted) }
        seenSignals = script.signals.count
    }

    /// Makes a few frames.
    func act(_ generator: inout SeededGenerator) {
        catchUp()
        takeSignals()
        if isMute { return }
        switch stage {
        case .spoiled, .dead: return
        case .new:
            guard !script.received.isEmpty else { return }
            unwritten += script.frame(.hello(WorkerHello(worker: "simulated", capabilities: temper.capabilities)))
            stage = .greeted
        case .greeted:
            guard script.received.contains(where: { if case .initialize = $0 { true } else { false } }) else { return }
            if temper.loadsForEver || Bool.random(using: &generator) {
                if temper.loadsForEver { return }
                unwritten += script.frame(.loading(LoadingProgress(progress: 0.5, message: "on the way")))
            } else {
                unwritten += script.frame(.ready(RecordingRunner.manifest(concurrency: concurrency)))
                stage = .ready
            }
        case .ready:
            for _ in 0..<Int.random(in: 1...6, using: &generator) { unwritten += script.frame(step(&generator)) }
        }
    }

    private func step(_ generator: inout SeededGenerator) -> WorkerMessage {
        guard let slot = runs.keys.sorted().randomElement(using: &generator), let sequence = runs[slot] else {
            return .heartbeat
        }
        let draw = Int.random(in: 0...19, using: &generator)
        if sequence == 0 {
            if draw == 0 {
                let failure = RunFailure("early", isRetryable: Bool.random(using: &generator))
                return end(slot, 0, Bool.random(using: &generator) ? .canceled : .failed(failure))
            }
            runs[slot] = 1
            return .started(slot: slot)
        }
        if draw == 0 || (canceled.contains(slot) && draw < 8) { return end(slot, sequence, outcome(slot, &generator)) }
        runs[slot] = sequence + 1
        switch draw {
        case 1...3: return .log(slot: slot, sequence: sequence, LogText(.standardError, generator.bytes(draw * 7)))
        case 4:
            let value = RawJSON(unchecked: Array("\(draw)".utf8))
            let mode = [Metric.Mode.replace, .increment, .append].randomElement(using: &generator) ?? .replace
            return .metric(slot: slot, sequence: sequence, Metric(mode, name: "a.b", value: value))
        case 5:
            let file = FileOutput(path: "/spool/x", mime: "text/plain", name: "x")
            return .fileOutput(slot: slot, sequence: sequence, file)
        default: return .output(slot: slot, sequence: sequence, Self.payload(&generator))
        }
    }

    private func end(_ slot: UInt16, _ sequence: UInt64, _ outcome: RunOutcome) -> WorkerMessage {
        runs[slot] = nil
        return .done(slot: slot, sequence: sequence, outcome, isCollected: sequence % 2 == 0)
    }

    private func outcome(_ slot: UInt16, _ generator: inout SeededGenerator) -> RunOutcome {
        if canceled.contains(slot), Bool.random(using: &generator) { return .canceled }
        return Int.random(in: 0...3, using: &generator) == 0 ? .failed(RunFailure("late")) : .succeeded
    }

    private static func payload(_ generator: inout SeededGenerator) -> RawJSON {
        let size = Int.random(in: 0...199, using: &generator) == 0 ? 70_000 : Int.random(in: 0...80, using: &generator)
        let texts = [
            "\"" + String(repeating: "x", count: size) + "\"", "{\n\"a\":1}", "\"\u{2028}\"", "[1,\r2]", "null",
        ]
        let text = texts[Int.random(in: 0...9, using: &generator) < 7 ? 0 : Int.random(in: 1...4, using: &generator)]
        return RawJSON(unchecked: Array(text.utf8))
    }

    /// Something that no worker may write: random bytes, or a legal frame with one byte changed.
    func garbage(_ generator: inout SeededGenerator) -> [UInt8] {
        if Bool.random(using: &generator) { return generator.bytes(Int.random(in: 1...60, using: &generator)) }
        let messages: [WorkerMessage] = [
            .output(slot: 0, sequence: 1, RawJSON(unchecked: Array("[1,2]".utf8))), .started(slot: 1), .heartbeat,
            .ready(RecordingRunner.manifest()), .done(slot: 0, sequence: 3, .succeeded, isCollected: false),
            .metric(slot: 0, sequence: 2, Metric(name: "a", value: .null)),
        ]
        var bytes = ScriptedWorker.wildFrame(messages.randomElement(using: &generator) ?? .heartbeat)
        let place = Int.random(in: 0..<bytes.count, using: &generator)
        bytes[place] = UInt8.random(in: .min ... .max, using: &generator)
        return bytes
    }
}
