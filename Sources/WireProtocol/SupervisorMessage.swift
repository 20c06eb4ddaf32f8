/// What the supervisor says to a worker.
public enum SupervisorMessage: Equatable, Sendable {
    /// Version, limits, spool directory; the first of all.
    case hello(SupervisorHello)
    /// Start the set-up.
    case initialize(Initialization)
    /// Start run number `run` in `slot`, which is free.
    case predict(slot: UInt16, run: UInt64, PredictRequest)
    /// The same, with the request in a file; see ``PredictRequest/init(spilled:at:)``.
    case spilledPredict(slot: UInt16, run: UInt64, SpillFile)
    /// End run number `run` early; means nothing once that run has ended.
    case cancel(slot: UInt16, run: UInt64)
    /// The answer to an `upload` of run number `run`; means nothing once that run has ended.
    case uploaded(slot: UInt16, run: UInt64, UploadResult)
    /// Answer with a pong that carries the same number, at most ``ProtocolLimits/maximumInteger``.
    case ping(nonce: UInt64)
    /// Answer with a health result.
    case healthCheck
    /// Take nothing new; end within this time.
    case shutdown(graceMilliseconds: UInt64)

    /// Reads the payload of a frame that a supervisor sent.
    public static func decode(_ frame: Frame) throws(ProtocolError) -> SupervisorMessage {
        let header = frame.header
        switch header.type {
        case .supervisorHello: return .hello(try SupervisorHello(try PayloadReader(frame)))
        case .initialize: return .initialize(try Initialization(try PayloadReader(frame)))
        case .predict where header.flags.contains(.spilled):
            let file = try SpillFile(try PayloadReader(frame))
            return .spilledPredict(slot: header.slot, run: header.sequence, file)
        case .predict:
            let request = try PredictRequest(try PayloadReader(frame))
            return .predict(slot: header.slot, run: header.sequence, request)
        case .cancel:
            try PayloadReader.expectNothing(frame)
            return .cancel(slot: header.slot, run: header.sequence)
        case .uploaded:
            let result = try UploadResult(try PayloadReader(frame))
            return .uploaded(slot: header.slot, run: header.sequence, result)
        case .ping: return .ping(nonce: try PayloadReader(frame).integer("nonce"))
        case .healthCheck:
            try PayloadReader.expectNothing(frame)
            return .healthCheck
        case .shutdown: return .shutdown(graceMilliseconds: try PayloadReader(frame).integer("grace_ms"))
        default: throw .wrongDirection(header.type, at: frame.offset)
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
        case .hello: FrameHeader(.supervisorHello)
        case .initialize: FrameHeader(.initialize)
        case .predict(let slot, let run, _): FrameHeader(.predict, slot: slot, sequence: run)
        case .spilledPredict(let slot, let run, _):
            FrameHeader(.predict, flags: .spilled, slot: slot, sequence: run)
        case .cancel(let slot, let run): FrameHeader(.cancel, slot: slot, sequence: run)
        case .uploaded(let slot, let run, _): FrameHeader(.uploaded, slot: slot, sequence: run)
        case .ping: FrameHeader(.ping)
        case .healthCheck: FrameHeader(.healthCheck)
        case .shutdown: FrameHeader(.shutdown)
        }
    }

    private func appendPayload(to output: inout [UInt8]) {
        switch self {
        case .hello(let hello): hello.append(to: &output)
        case .initialize(let initialization): initialization.append(to: &output)
        case .predict(_, _, let request): request.append(to: &output)
        case .spilledPredict(_, _, let file): file.append(to: &output)
        case .uploaded(_, _, let result): result.append(to: &output)
        case .ping(let nonce): FrameEncoder.appendObject("nonce", nonce, to: &output)
        case .shutdown(let grace): FrameEncoder.appendObject("grace_ms", grace, to: &output)
        case .cancel, .healthCheck: break
        }
    }
}

extension ProtocolError {
    /// A frame of a type that its sender never sends.
    static func wrongDirection(_ type: FrameType, at offset: UInt64) -> ProtocolError {
        ProtocolError(
            .remote, .wrongDirection, at: offset, "`\(type)` is a frame that only the \(type.sender) may send.")
    }
}

extension FrameEncoder {
    /// Appends an object with one whole number.
    static func appendObject(_ key: String, _ value: UInt64, to output: inout [UInt8]) {
        JSONWriter.openObject(in: &output)
        JSONWriter.appendMember(key, value, to: &output)
        JSONWriter.closeObject(in: &output)
    }
}
