import Synchronization
import WireProtocol

/// One run's way out: numbers its frames, keeps them in order, and is closed by its end.
///
/// A frame costs one encoding into memory that is kept, two locks that are rarely contended, and one write.
final class RunChannel: Sendable {
    /// What the supervisor's hello says about sizes and files.
    struct Limits: Sendable {
        let frame: Int
        let inline: Int
        let allowsSpill: Bool
        let allowsUpload: Bool
        let spool: Spool
    }

    let id: String
    let handler: String
    let context: RawJSON
    let slot: UInt16
    let number: UInt64

    private struct State {
        /// Memory for the frame that is being made.
        var buffer: [UInt8] = []
        /// Number of the next frame.
        var next: UInt64 = 0
        var isOpen = true
        /// Whether pieces were emitted, so that the outputs form a list.
        var hasPieces = false
        var rules = MetricRules()
    }

    private let outlet: Outlet
    private let limits: Limits
    private let state = Mutex(State())
    private let canceled = Atomic<Bool>(false)
    private let task = Mutex<Task<Void, Never>?>(nil)
    /// What became of files; nil where none are uploaded.
    private let uploads: Monitor<UploadAnswers>?

    /// Bytes of frames that ``emit(contentsOf:)`` gathers for one write: 64 KiB, what a pipe holds by default.
    static let batchLength = 64 << 10

    /// Memory that a channel keeps for the next frame; what a large one took beyond it is given back.
    private static let retainedCapacity = 256 << 10

    init(_ request: PredictRequest, slot: UInt16, number: UInt64, outlet: Outlet, limits: Limits) {
        id = request.id
        handler = request.handler
        context = request.context
        self.slot = slot
        self.number = number
        self.outlet = outlet
        self.limits = limits
        uploads = limits.allowsUpload ? Monitor(UploadAnswers()) : nil
    }

    // MARK: Cancelling

    /// Whether the run was asked to end.
    var isCancelled: Bool { canceled.load(ordering: .relaxed) }

    /// Asks the run to end.
    func cancel() {
        canceled.store(true, ordering: .relaxed)
        uploads?.changeForAll { $0.isCanceled = true }
        task.withLock { $0 }?.cancel()
    }

    /// Says which task to cancel.
    func attach(_ task: Task<Void, Never>) {
        self.task.withLock { $0 = task }
        if isCancelled { task.cancel() }
    }

    // MARK: Output

    /// - Parameter isPiece: Whether the chunk is an element of the run's value rather than the value itself.
    func emit<Chunk: Encodable>(_ chunk: Chunk, isPiece: Bool = true) throws {
        if isCancelled { throw CancellationError() }
        if let file = chunk as? OutputFile {
            try emit(file, isPiece: isPiece)
        } else if ChunkEncoder.isSimple(Chunk.self) {
            try send(.output, isPiece: isPiece) { buffer throws in
                try ChunkEncoder.appendSimple(chunk, to: &buffer)
            }
        } else {
            // Out of the lock: it runs the author's code, which may log.
            let bytes = try ChunkEncoder.encoded(chunk)
            try send(.output, isPiece: isPiece) { $0.append(contentsOf: bytes) }
        }
    }

    private func emit(_ file: OutputFile, isPiece: Bool) throws {
        let path = try limits.spool.adopt(file.path)
        let output = FileOutput(path: path, mime: file.mime, name: file.name)
        guard let uploads else {
            return try send(isPiece: isPiece) { .fileOutput(slot: slot, sequence: $0, output) }
        }
        try emit(try upload(output, uploads), isPiece: isPiece)
    }

    /// Has the supervisor send the file away, and waits for its address: so outputs keep the order of the calls.
    private func upload(_ file: FileOutput, _ uploads: Monitor<UploadAnswers>) throws -> String {
        let request = UploadRequest(number: uploads.change { $0.begin() }, file: file)
        try send { .upload(slot: slot, sequence: $0, request) }
        switch uploads.wait(until: { $0.take(request.number) }) {
        case .url(let url)?: return url
        case .failed(let reason)?: throw HandlerError("Failed to upload output: \(reason)", kind: "UploadFailed")
        case nil: throw CancellationError()
        }
    }

    /// Takes the answer to an upload; one that nobody waits for is forgotten with the run.
    func uploaded(_ result: UploadResult) {
        uploads?.changeForAll { $0.results[result.number] = result.outcome }
    }

    func emit<Chunk: Encodable>(contentsOf chunks: some Sequence<Chunk>) throws {
        var batch = FrameBatch(slot: slot)
        do {
            for chunk in chunks {
                if isCancelled { throw CancellationError() }
                if chunk is OutputFile {
                    try flush(&batch)
                    try emit(chunk)
                } else if try !batch.append(chunk, upTo: min(limits.inline, limits.frame)) {
                    try flush(&batch)
                    try emit(chunk)
                }
                if batch.bytes.count >= Self.batchLength { try flush(&batch) }
            }
        } catch {
            // What was made before the error is output all the same.
            try flush(&batch)
            throw error
        }
        try flush(&batch)
    }

    private func flush(_ batch: inout FrameBatch) throws {
        guard !batch.bytes.isEmpty else { return }
        let isWritten = try state.withLock { state in
            guard state.isOpen else { throw RunEnded() }
            state.hasPieces = true
            state.next = batch.number(from: state.next)
            return batch.bytes.withUnsafeBytes { outlet.write(frames: $0) }
        }
        batch.clear()
        if !isWritten { throw CancellationError() }
    }

    // MARK: Log and metrics

    func log(_ text: String, to stream: LogStream) {
        var text = text
        let isOpen = text.withUTF8 { bytes in
            var rest = UnsafeRawBufferPointer(bytes)
            while !rest.isEmpty {
                let piece = LogPiece.first(of: rest)
                do {
                    try send(.log, flags: stream == .standardError ? .standardError : []) {
                        $0.append(contentsOf: piece)
                    }
                } catch {
                    return !(error is RunEnded)
                }
                rest = UnsafeRawBufferPointer(rebasing: rest[piece.count...])
            }
            return true
        }
        if !isOpen { outlet.send(.log(slot: nil, sequence: 0, LogText(stream.onTheWire, Array(text.utf8)))) }
    }

    func metric<Value: Encodable>(_ name: String, _ value: Value, _ mode: MetricMode) throws {
        let json = RawJSON(unchecked: try ChunkEncoder.encoded(value))
        try state.withLock { state in try state.rules.check(name, json, mode) }
        let metric = Metric(mode.onTheWire, name: name, value: json)
        try send { .metric(slot: slot, sequence: $0, metric) }
    }

    // MARK: Beginning and end

    /// Sends the run's first frame.
    func begin() throws {
        try send(.started) { _ in }
    }

    /// Sends the run's last frame, unless it was sent before; nothing can follow.
    ///
    /// - Parameter free: Frees the slot; asked right before the frame is written. When it answers false, nothing is.
    /// - Returns: Whether the frame was this call's to write.
    func end(_ outcome: RunOutcome, streams: Bool, free: () -> Bool) -> Bool {
        state.withLock { state in
            guard state.isOpen, free() else { return false }
            state.isOpen = false
            let message = WorkerMessage.done(
                slot: slot, sequence: state.next, outcome, isCollected: streams || state.hasPieces)
            state.buffer.removeAll(keepingCapacity: true)
            do throws(ProtocolError) {
                try message.encode(into: &state.buffer)
            } catch {
                preconditionFailure("the texts of outcomes are cut to fit: \(error)")
            }
            _ = state.buffer.withUnsafeBytes { outlet.write(frames: $0) }
            state.buffer = []
            return true
        }
    }

    // MARK: For workers in tests that misbehave

    /// Number of the run's next frame.
    var nextFrame: UInt64 { state.withLock { $0.next } }

    /// Writes bytes into the pipe as they are.
    func write(unchecked bytes: [UInt8]) { outlet.write(unchecked: bytes) }
}

extension RunChannel {
    /// Makes a frame of a payload that `payload` appends, and writes it.
    private func send(
        _ type: FrameType, flags: FrameFlags = [], isPiece: Bool = false,
        payload: (inout [UInt8]) throws -> Void
    ) throws {
        try write(isPiece: isPiece) { buffer, sequence in
            FrameHeader(type, flags: flags, slot: slot, sequence: sequence).append(to: &buffer)
            try payload(&buffer)
            let length = buffer.count - FrameHeader.byteCount
            if type == .output, limits.allowsSpill, length > min(limits.inline, limits.frame) {
                try spill(&buffer, sequence)
            } else {
                guard length <= limits.frame else { throw tooLong(type, length) }
                FrameBatch.setLength(of: 0, in: &buffer)
            }
        }
    }

    /// Makes a frame of a message, given its number, and writes it.
    private func send(isPiece: Bool = false, _ message: (UInt64) -> WorkerMessage) throws {
        try write(isPiece: isPiece) { buffer, sequence in
            let message = message(sequence)
            try message.encode(into: &buffer)
            let length = buffer.count - FrameHeader.byteCount
            guard length <= limits.frame else { throw tooLong(message.header.type, length) }
        }
    }

    /// Writes the frame that `make` puts into an empty buffer, given its number. When it throws, nothing is written.
    private func write(isPiece: Bool, make: (inout [UInt8], UInt64) throws -> Void) throws {
        let isWritten = try state.withLock { state in
            guard state.isOpen else { throw RunEnded() }
            state.buffer.removeAll(keepingCapacity: true)
            try make(&state.buffer, state.next)
            state.next += 1
            if isPiece { state.hasPieces = true }
            let isWritten = state.buffer.withUnsafeBytes { outlet.write(frames: $0) }
            if state.buffer.capacity > Self.retainedCapacity { state.buffer = [] }
            return isWritten
        }
        // Nobody reads any more: the process is about to end, and the run with it.
        if !isWritten { throw CancellationError() }
    }

    /// Puts the payload of an output into a file and a frame that names it into its place.
    private func spill(_ frame: inout [UInt8], _ sequence: UInt64) throws {
        let file = try frame.withUnsafeBytes {
            try limits.spool.store(UnsafeRawBufferPointer(rebasing: $0[FrameHeader.byteCount...]))
        }
        frame.removeAll()
        try WorkerMessage.spilledOutput(slot: slot, sequence: sequence, file).encode(into: &frame)
    }

    private func tooLong(_ type: FrameType, _ length: Int) -> HandlerError {
        HandlerError(
            "The \(type) has \(length) bytes; at most \(limits.frame) can be sent. Send it in pieces or as a file.",
            kind: "OutputTooLarge")
    }
}
