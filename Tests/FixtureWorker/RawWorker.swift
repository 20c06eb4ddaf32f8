import Glibc
import WireProtocol

/// A worker without the library: one thread, one slot, one streaming handler `raw` that sends back its input.
///
/// FIXTURE_RAW chooses what is wrong with it:
///
/// | mode             | what it does                                                                          |
/// |------------------|---------------------------------------------------------------------------------------|
/// | plain            | nothing wrong                                                                         |
/// | silent           | never says hello                                                                      |
/// | garbage-hello    | prints a banner into the pipe instead of its hello                                    |
/// | wrong-version    | speaks version 9.0                                                                    |
/// | bad-hello        | a hello that is not JSON                                                              |
/// | eager            | says ready before it is asked to initialise                                           |
/// | bad-manifest     | a manifest without handlers                                                           |
/// | never-ready      | reads on but is never ready                                                           |
/// | stop-reading     | reads nothing more after ready; lives on                                              |
/// | stop-in-run      | one output, then reads nothing more; lives on                                         |
/// | ignore-cancel    | one output, then waits for the cancel and succeeds all the same                       |
/// | deaf             | one output, then the run never ends; cancels are read and forgotten                   |
/// | double-done      | two ends of one run                                                                   |
/// | not-started      | outputs without a beginning                                                           |
/// | early-success    | success without a beginning                                                           |
/// | close-pipe       | one output, then closes its pipe; lives on                                            |
/// | grandchild       | a child process holds all its pipes open for a minute; then the run ends with SIGKILL |
/// | ignore-end       | deaf to shutdown, SIGTERM, end of its pipe and the death pipe                         |
/// | unstarted        | the script FIXTURE_FAULT, or `fault` of the input, before `started`; then a run like any |
/// | no-beats         | says that it can beat, and never does                                                 |
/// | interruptible    | says that it takes SIGUSR1; one output, then ignores the cancel, and ends as canceled with SIGUSR1 |
/// | unasked-pong     | a pong that nothing asked for, in the run                                             |
/// | wrong-direction  | a frame that only a supervisor sends, in the run                                      |
struct RawWorker {
    private let mode: String
    private let reading: Int32
    private let writing: Int32

    init(_ mode: String) {
        self.mode = mode
        let numbers = (environment("SUPERVISOR_WORKER_PIPES") ?? "").split(separator: ",").compactMap { Int32($0) }
        reading = numbers.first ?? -1
        writing = numbers.last ?? -1
    }

    func run() -> Never {
        if mode == "ignore-end" { signal(SIGTERM, SIG_IGN) }
        if mode == "interruptible" {
            var signals = sigset_t()
            sigemptyset(&signals)
            sigaddset(&signals, SIGUSR1)
            pthread_sigmask(SIG_BLOCK, &signals, nil)
        }
        if mode == "silent" { block(until: nil) }
        var decoder = FrameDecoder()
        var buffer = [UInt8](repeating: 0, count: 64 << 10)
        while true {
            let count = read(reading, &buffer, buffer.count)
            if count <= 0 { end() }
            buffer.withUnsafeBytes { bytes in
                let input = UnsafeRawBufferPointer(rebasing: bytes[..<count])
                var position = 0
                while let frame = try? decoder.next(from: input, at: &position) { answer(frame) }
            }
        }
    }

    private func answer(_ frame: Frame) {
        guard let message = try? SupervisorMessage.decode(frame) else { return }
        switch message {
        case .hello: greet()
        case .initialize: initialize()
        case .predict(let slot, _, let request): predict(slot, request)
        case .cancel(let slot, _):
            if mode == "ignore-cancel" { send(.done(slot: slot, sequence: 2, .succeeded, isCollected: true)) }
        case .ping(let nonce): send(.pong(nonce: nonce))
        case .healthCheck: send(.healthResult(.healthy))
        case .shutdown: end()
        case .spilledPredict, .uploaded: break
        }
    }

    private func greet() {
        switch mode {
        case "garbage-hello": writeAll(writing, "Welcome to worker 1.0!\nLoading, please wait…\n")
        case "wrong-version": send(.hello(WorkerHello(version: ProtocolVersion(major: 9, minor: 0), worker: "raw/9")))
        case "bad-hello": sendFrame(FrameHeader(.workerHello), "this is not JSON")
        case "no-beats": send(.hello(WorkerHello(worker: "raw/1.0", capabilities: [Capability.heartbeat])))
        case "interruptible":
            send(.hello(WorkerHello(worker: "raw/1.0", capabilities: [Capability.interrupt])))
        default: send(.hello(WorkerHello(worker: "raw/1.0")))
        }
        if mode == "eager" { becomeReady() }
    }

    private func initialize() {
        switch mode {
        case "never-ready": break
        case "bad-manifest": sendFrame(FrameHeader(.ready), #"{"handlers":[]}"#)
        default: becomeReady()
        }
        if mode == "stop-reading" { block(until: nil) }
    }

    private func becomeReady() {
        send(.ready(HandlerManifest(handlers: [HandlerDescriptor(name: "raw", streaming: true)])))
    }

    private func predict(_ slot: UInt16, _ request: PredictRequest) {
        if mode == "unstarted" { failBeforeStart(request) }
        switch mode {
        case "not-started": return send(.output(slot: slot, sequence: 0, request.input))
        case "early-success": return send(.done(slot: slot, sequence: 0, .succeeded, isCollected: true))
        default: send(.started(slot: slot))
        }
        send(.output(slot: slot, sequence: 1, request.input))
        switch mode {
        case "stop-in-run": block(until: nil)
        case "ignore-cancel", "deaf": return
        case "interruptible": return endWhenInterrupted(slot)
        case "close-pipe":
            close(writing)
            block(until: nil)
        case "grandchild":
            _ = startGrandchild()
            kill(getpid(), SIGKILL)
        case "unasked-pong": send(.pong(nonce: 1))
        case "wrong-direction": sendFrame(FrameHeader(.ping), #"{"nonce":1}"#)
        default: break
        }
        send(.done(slot: slot, sequence: 2, .succeeded, isCollected: true))
        if mode == "double-done" { send(.done(slot: slot, sequence: 3, .succeeded, isCollected: true)) }
    }

    private func failBeforeStart(_ request: PredictRequest) {
        let input = try? JSONValue.parse(request.input.bytes)
        do {
            try FaultScript(input?["fault"]?.stringValue ?? environment("FIXTURE_FAULT") ?? "").run()
        } catch {
            writeAll(2, "\(error)\n")
        }
    }

    /// Waits for the signal without reading: the cancel is in the pipe, or will be.
    private func endWhenInterrupted(_ slot: UInt16) {
        var signals = sigset_t()
        sigemptyset(&signals)
        sigaddset(&signals, SIGUSR1)
        var number: Int32 = 0
        sigwait(&signals, &number)
        send(.done(slot: slot, sequence: 2, .canceled, isCollected: true))
    }

    private func send(_ message: WorkerMessage) {
        var bytes: [UInt8] = []
        try? message.encode(into: &bytes)
        writeAll(writing, bytes)
    }

    private func sendFrame(_ header: FrameHeader, _ payload: String) {
        var bytes: [UInt8] = []
        let text = Array(payload.utf8)
        text.withUnsafeBytes { try? FrameEncoder.append(header, payload: $0, to: &bytes) }
        writeAll(writing, bytes)
    }

    private func end() -> Never {
        if mode == "ignore-end" { block(until: nil) }
        _exit(0)
    }
}
