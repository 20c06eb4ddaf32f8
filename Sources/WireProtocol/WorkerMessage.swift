/// What a worker says to the supervisor. `sequence` counts the frames of a run from 0.
public enum WorkerMessage: Equatable, Sendable {
    /// Version and capabilities; the worker's first.
    case hello(WorkerHello)
    /// How far the set-up is.
    case loading(LoadingProgress)
    /// The set-up is done.
    case ready(HandlerManifest)
    /// The set-up failed; the worker ends by itself.
    case setupFailed(SetupFailure)
    /// The run in `slot` has begun; always the run's frame number 0.
    case started(slot: UInt16)
    /// One piece of output, passed on byte for byte.
    case output(slot: UInt16, sequence: UInt64, RawJSON)
    /// The same, with the piece in a file.
    case spilledOutput(slot: UInt16, sequence: UInt64, SpillFile)
    /// One piece of output that is a file.
    case fileOutput(slot: UInt16, sequence: UInt64, FileOutput)
    /// A file to be uploaded, whose address the run waits for; only where ``Capability/upload`` is agreed.
    case upload(slot: UInt16, sequence: UInt64, UploadRequest)
    /// Text that the run in `slot`, or with nil the worker itself, printed; see ``LogText``.
    case log(slot: UInt16?, sequence: UInt64, LogText)
    /// What a run reports about itself.
    case metric(slot: UInt16, sequence: UInt64, Metric)
    /// The run has ended and its slot is free. `isCollected`: its outputs form a list, else the one output is the value.
    case done(slot: UInt16, sequence: UInt64, RunOutcome, isCollected: Bool)
    /// The worker is alive.
    case heartbeat
    /// The answer to a ping.
    case pong(nonce: UInt64)
    /// The answer to a health check.
    case healthResult(HealthResult)

    /// Reads the payload of a frame that a worker sent.
    public static func decode(_ frame: Frame) throws(ProtocolError) -> WorkerMessage {
        let header = frame.header
        switch header.type {
        case .workerHello: return .hello(try WorkerHello(try PayloadReader(frame)))
        case .loading: return .loading(try LoadingProgress(try PayloadReader(frame)))
        case .ready: return .ready(try HandlerManifest(try PayloadReader(frame)))
        case .setupFailed: return .setupFailed(try SetupFailure(try PayloadReader(frame)))
        case .started, .output, .fileOutput, .upload, .log, .metric, .done: return try decodeRunFrame(frame)
        case .heartbeat:
            try PayloadReader.expectNothing(frame)
            return .heartbeat
        case .pong: return .pong(nonce: try PayloadReader(frame).integer("nonce"))
        case .healthResult: return .healthResult(try HealthResult(try PayloadReader(frame)))
        default: throw .wrongDirection(header.type, at: frame.offset)
        }
    }

    private static func decodeRunFrame(_ frame: Frame) throws(ProtocolError) -> WorkerMessage {
        let header = frame.header
        let (slot, sequence) = (header.slot, header.sequence)
        switch header.type {
        case .started:
            try PayloadReader.expectNothing(frame)
            return .started(slot: slot)
        case .output where header.flags.contains(.spilled):
            return .spilledOutput(slot: slot, sequence: sequence, try SpillFile(try PayloadReader(frame)))
        case .output: return .output(slot: slot, sequence: sequence, try frame.value())
        case .fileOutput:
            return .fileOutput(slot: slot, sequence: sequence, try FileOutput(try PayloadReader(frame)))
        case .upload: return .upload(slot: slot, sequence: sequence, try UploadRequest(try PayloadReader(frame)))
        case .log:
            let text = LogText(header.flags.contains(.standardError) ? .standardError : .standardOutput, frame.payload)
            return .log(slot: slot == FrameHeader.noSlot ? nil : slot, sequence: sequence, text)
        case .metric: return .metric(slot: slot, sequence: sequence, try Metric(try PayloadReader(frame)))
        default:
            let outcome = try frame.outcome()
            let isCollected = header.flags.contains(.collected)
            return .done(slot: slot, sequence: sequence, outcome, isCollected: isCollected)
        }
    }

    /// Appends the message as one frame; throws, and appends nothing, when its payload is longer than
    /// `maximumPayloadLength`.
    public func encode(
        into output: inout [UInt8], maximumPayloadLength: Int = ProtocolLimits.maximumPayloadLength
    ) throws(ProtocolError) {
        try FrameEncoder.append(
            header, to: &output, maximumPayloadLength: maximumPayloadLength, write: appendPayload(to:))
    }

    /// The header of the message's frame, without the payload's length.
    public var header: FrameHeader {
        switch self {
        case .hello: FrameHeader(.workerHello)
        case .loading: FrameHeader(.loading)
        case .ready: FrameHeader(.ready)
        case .setupFailed: FrameHeader(.setupFailed)
        case .started(let slot): FrameHeader(.started, slot: slot)
        case .output(let slot, let sequence, _): FrameHeader(.output, slot: slot, sequence: sequence)
        case .spilledOutput(let slot, let sequence, _):
            FrameHeader(.output, flags: .spilled, slot: slot, sequence: sequence)
        case .fileOutput(let slot, let sequence, _): FrameHeader(.fileOutput, slot: slot, sequence: sequence)
        case .upload(let slot, let sequence, _): FrameHeader(.upload, slot: slot, sequence: sequence)
        case .log(let slot, let sequence, let text):
            FrameHeader(
                .log, flags: text.stream == .standardError ? .standardError : [], slot: slot ?? FrameHeader.noSlot,
                sequence: sequence)
        case .metric(let slot, let sequence, _): FrameHeader(.metric, slot: slot, sequence: sequence)
        case .done(let slot, let sequence, _, let isCollected):
            FrameHeader(.done, flags: isCollected ? .collected : [], slot: slot, sequence: sequence)
        case .heartbeat: FrameHeader(.heartbeat)
        case .pong: FrameHeader(.pong)
        case .healthResult: FrameHeader(.healthResult)
        }
    }

    private func appendPayload(to output: inout [UInt8]) {
        switch self {
        case .hello(let hello): hello.append(to: &output)
        case .loading(let progress): progress.append(to: &output)
        case .ready(let manifest): manifest.append(to: &output)
        case .setupFailed(let failure): failure.append(to: &output)
        case .output(_, _, let value): output.append(contentsOf: value.bytes)
        case .spilledOutput(_, _, let file): file.append(to: &output)
        case .fileOutput(_, _, let file): file.append(to: &output)
        case .upload(_, _, let request): request.append(to: &output)
        case .log(_, _, let text): output.append(contentsOf: text.bytes)
        case .metric(_, _, let metric): metric.append(to: &output)
        case .done(_, _, let outcome, _): outcome.append(to: &output)
        case .pong(let nonce): FrameEncoder.appendObject("nonce", nonce, to: &output)
        case .healthResult(let result): result.append(to: &output)
        case .started, .heartbeat: break
        }
    }
}

extension Frame {
    /// The payload as one JSON value of any kind.
    fileprivate func value() throws(ProtocolError) -> RawJSON {
        do throws(JSONError) {
            return try RawJSON(validating: payload)
        } catch {
            throw ProtocolError(
                .remote, .badPayload, at: offset,
                "The payload of `\(header.type)` must be one JSON value: byte \(error.offset): \(error.message).")
        }
    }

    /// The payload as the end of a run. Only what has begun can succeed, and `started` is always a run's frame 0.
    fileprivate func outcome() throws(ProtocolError) -> RunOutcome {
        let outcome = try RunOutcome(try PayloadReader(self))
        guard outcome != .succeeded || header.sequence > 0 else {
            throw ProtocolError(
                .remote, .notStarted, at: offset,
                "`done` says that the run in slot \(header.slot) succeeded; `started` must come before.")
        }
        return outcome
    }
}
