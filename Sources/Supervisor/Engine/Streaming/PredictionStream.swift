import SSE
import WireProtocol

/// One prediction's events in one profile.
struct PredictionStream: ~Copyable {
    let profile: StreamProfile
    /// Whether chunks and logs are events of their own: not in the typed profiles of a handler that did not opt in to
    /// streaming, where the result is the only event.
    private let publishesChunks: Bool
    var channel: Channel
    private let template: EventTemplate
    private var nextIndex = DecimalCounter(0)

    init(profile: StreamProfile, epoch: Epoch, publishesChunks: Bool, settings: StreamSettings) {
        self.profile = profile
        self.publishesChunks = publishesChunks
        channel = Channel(epoch: epoch, limits: settings.history, window: settings.window)
        switch profile {
        case .native: template = NativeProfile.outputTemplate(epoch)
        case .typed, .typedFlat: template = TypedProfile.chunkTemplate(epoch)
        }
    }

    mutating func publishStart(id: PredictionID) {
        guard profile == .native else { return }
        channel.append(name: "start", data: NativeProfile.start(id))
    }

    /// A chunk in which nothing has to be rewritten any more.
    @inline(__always)
    mutating func publishOutput(_ chunk: UnsafeRawBufferPointer) {
        if profile == .native {
            channel.append(template, payload: chunk, number: nextIndex)
            nextIndex.increment()
        } else {
            publishTypedOutput(chunk)
        }
    }

    /// A chunk in which something has to be rewritten before it goes between the pieces of the template. The flat form
    /// looks inside the chunk, and so needs it as it is.
    mutating func publishUncleanOutput(_ chunk: UnsafeRawBufferPointer) {
        if profile == .typedFlat { return publishOutput(chunk) }
        var rewritten: [UInt8] = []
        PayloadScan.appendRewritten(chunk, to: &rewritten)
        rewritten.withUnsafeBytes { publishOutput($0) }
    }

    private mutating func publishTypedOutput(_ chunk: UnsafeRawBufferPointer) {
        guard publishesChunks, !channel.history.hasTerminal else { return }
        if profile == .typed {
            channel.append(template, payload: chunk)
            return
        }
        switch TypedProfile.flatChunk(Array(chunk), sequence: channel.history.nextSequence) {
        case .success(let data): channel.append(name: nil, data: data)
        case .failure(let key): refuse(key)
        }
    }

    mutating func publishLog(_ escaped: [UInt8], source: LogSource) {
        switch profile {
        case .native: channel.append(name: "log", data: NativeProfile.log(escaped, source))
        case .typed, .typedFlat:
            guard publishesChunks, !channel.history.hasTerminal else { return }
            channel.append(name: nil, data: TypedProfile.log(escaped, source, sequence: channel.history.nextSequence))
        }
    }

    mutating func publishMetric(_ metric: Metric) {
        guard profile == .native else { return }
        channel.append(name: "metric", data: NativeProfile.metric(metric))
    }

    /// Answers whether the stream now holds the snapshot byte for byte; see `keptSnapshot`.
    mutating func publishTerminal(id: PredictionID, outcome: Outcome, snapshot: [UInt8]) -> Bool {
        guard !channel.history.hasTerminal else { return false }
        let sequence = channel.history.nextSequence
        switch profile {
        case .native:
            return channel.append(name: PredictionStream.terminalName, data: snapshot, isTerminal: true)
        case .typed:
            let data = TypedProfile.terminal(id: id, outcome: outcome, snapshot: snapshot, sequence: sequence)
            channel.append(name: nil, data: data, isTerminal: true)
        case .typedFlat:
            switch TypedProfile.flatTerminal(id: id, outcome: outcome, snapshot: snapshot, sequence: sequence) {
            case .success(let data): channel.append(name: nil, data: data, isTerminal: true)
            case .failure(let key): refuse(key)
            }
        }
        return false
    }

    private static let terminalName = "completed"

    /// The snapshot of a native stream that has ended and holds it.
    var keptSnapshot: [UInt8] { channel.latestData(name: PredictionStream.terminalName) }

    /// Ends a flat stream whose payload has a member that is ours.
    private mutating func refuse(_ key: ReservedKey) {
        let data = TypedProfile.error(
            code: "reserved_key",
            message: "the handler's output has a member \"\(key.name)\", which the flat form needs for itself; "
                + "leave flat=1 out",
            retryable: false, sequence: channel.history.nextSequence)
        channel.append(name: nil, data: data, isTerminal: true)
    }

    /// Repeats in this profile what the native history still holds.
    mutating func catchUp(with native: borrowing ReplayHistory) {
        var sequence = max(native.historyStart, native.firstRetained)
        while sequence < native.nextSequence {
            let (name, data) = EventEncoder.decode(native.event(sequence))
            sequence += 1
            switch name {
            case "output":
                NativeProfile.chunk(of: data).withUnsafeBytes { chunk in
                    if PayloadScan.of(chunk) == .clean { publishOutput(chunk) } else { publishUncleanOutput(chunk) }
                }
            case "log":
                if let (escaped, source) = NativeProfile.text(of: data) { publishLog(escaped, source: source) }
            default: continue
            }
        }
    }
}
