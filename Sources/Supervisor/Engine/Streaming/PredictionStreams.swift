import SSE
import WireProtocol

/// All streams of one prediction: the native one always, the others from when they are first asked for.
struct PredictionStreams: ~Copyable {
    /// A place for a stream that few predictions have.
    private final class Box {
        let profile: StreamProfile
        var stream: PredictionStream

        init(_ stream: consuming PredictionStream) {
            profile = stream.profile
            self.stream = stream
        }
    }

    var native: PredictionStream
    private var others: [Box] = []

    init(epoch: Epoch, settings: StreamSettings) {
        native = PredictionStream(profile: .native, epoch: epoch, publishesChunks: true, settings: settings)
    }

    // MARK: Publishing

    mutating func publishStart(id: PredictionID) {
        native.publishStart(id: id)
    }

    @inline(__always)
    mutating func publishOutput(_ chunk: UnsafeRawBufferPointer) {
        native.publishOutput(chunk)
        if !others.isEmpty { forEachOther { $0.publishOutput(chunk) } }
    }

    /// A chunk with line breaks or separators.
    mutating func publishUncleanOutput(_ chunk: UnsafeRawBufferPointer) {
        native.publishUncleanOutput(chunk)
        forEachOther { $0.publishUncleanOutput(chunk) }
    }

    mutating func publishLog(_ escaped: [UInt8], source: LogSource) {
        native.publishLog(escaped, source: source)
        forEachOther { $0.publishLog(escaped, source: source) }
    }

    mutating func publishMetric(_ metric: Metric) {
        native.publishMetric(metric)
    }

    /// Answers whether the native stream now holds the snapshot byte for byte.
    mutating func publishTerminal(id: PredictionID, outcome: Outcome, snapshot: [UInt8]) -> Bool {
        let isKept = native.publishTerminal(id: id, outcome: outcome, snapshot: snapshot)
        forEachOther { _ = $0.publishTerminal(id: id, outcome: outcome, snapshot: snapshot) }
        return isKept
    }

    private mutating func forEachOther(_ body: (inout PredictionStream) -> Void) {
        for box in others { body(&box.stream) }
    }

    // MARK: Profiles

    /// Makes the stream of the profile if there is none yet, from what the native history still holds.
    mutating func open(
        _ profile: StreamProfile, id: PredictionID, outcome: Outcome?, snapshot: [UInt8], publishesChunks: Bool,
        settings: StreamSettings
    ) {
        guard profile != .native, !others.contains(where: { $0.profile == profile }) else { return }
        let box = Box(
            PredictionStream(
                profile: profile, epoch: native.channel.epoch, publishesChunks: publishesChunks, settings: settings))
        box.stream.catchUp(with: native.channel.history)
        if let outcome { _ = box.stream.publishTerminal(id: id, outcome: outcome, snapshot: snapshot) }
        others.append(box)
    }

    /// Runs `body` on the stream of the profile, which must be open.
    mutating func with<Result>(_ profile: StreamProfile, _ body: (inout PredictionStream) -> Result) -> Result {
        if profile == .native { return body(&native) }
        guard let box = others.first(where: { $0.profile == profile }) else {
            preconditionFailure("a reader's stream was opened when it came")
        }
        return body(&box.stream)
    }

    /// Runs `body` on each stream that is open.
    mutating func forEach(_ body: (StreamProfile, inout PredictionStream) -> Void) {
        body(.native, &native)
        for box in others { body(box.profile, &box.stream) }
    }

    var subscriberCount: Int {
        others.reduce(native.channel.subscriptions.count) { $0 + $1.stream.channel.subscriptions.count }
    }

    var allocatedByteCount: Int {
        others.reduce(native.channel.history.allocatedByteCount) {
            $0 + $1.stream.channel.history.allocatedByteCount
        }
    }
}

/// What all streams have in common.
package struct StreamSettings: Equatable, Sendable {
    package var history: HistoryLimits
    package var window: LiveWindow

    package init(history: HistoryLimits, window: LiveWindow) {
        self.history = history
        self.window = window
    }
}
