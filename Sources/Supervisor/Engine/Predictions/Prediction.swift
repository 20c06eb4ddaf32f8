import SSE
import WireProtocol

/// The caps of what one prediction may accumulate, in bytes.
package struct PredictionLimits: Equatable, Sendable {
    package var output: Int
    package var logs: Int
    /// Of appended values, and as well of all others.
    package var metrics: Int

    package init(output: Int, logs: Int, metrics: Int) {
        self.output = output
        self.logs = logs
        self.metrics = metrics
    }
}

/// One run of a prediction: the only place where a status changes, and the owner of all that the run produces.
///
/// `starting` → `processing` → `succeeded`, `failed` or `canceled`. Whatever arrives goes at once into the streams of
/// events and into what the final snapshot needs; at the end the snapshot is built, and only it and the events stay.
package struct Prediction: ~Copyable {
    package let id: PredictionID
    package let deployment: DeploymentIndex
    /// The `input` of the request, byte for byte; nil when there was none.
    package let input: [UInt8]?
    /// Nanoseconds: of the monotonic clock, and since 1970 for what people read.
    let createdAt: UInt64
    let createdWall: UInt64
    private(set) var startedWall: UInt64?
    private(set) var completedWall: UInt64?

    package private(set) var status = PredictionStatus.starting
    package private(set) var outcome: Outcome?
    /// A client asked for its end; whatever the worker answers, it counts as canceled.
    package private(set) var isCancelRequested = false
    /// The outputs form a list rather than being one value, as far as is known.
    private var isCollected: Bool

    var streams: PredictionStreams
    private let limits: PredictionLimits
    private var output = OutputAccumulator()
    private var logs: LogAccumulator
    private var metrics: MetricTable
    /// The body of the answer to whoever asks after the end.
    var snapshot: [UInt8] { ownSnapshot ?? (status.isTerminal ? streams.native.keptSnapshot : []) }
    /// The snapshot where the terminal event, which else is the only copy, does not hold it byte for byte.
    private var ownSnapshot: [UInt8]?
    /// Where in `snapshot` the input would stand, which only some documents show.
    private var inputOffset = 0

    init(
        id: PredictionID, deployment: DeploymentIndex, input: [UInt8]?, isStreaming: Bool, limits: PredictionLimits,
        streams: consuming PredictionStreams, now: UInt64, wall: UInt64
    ) {
        self.id = id
        self.deployment = deployment
        self.input = input
        self.limits = limits
        self.streams = streams
        isCollected = isStreaming
        createdAt = now
        createdWall = wall
        logs = LogAccumulator(limit: limits.logs)
        metrics = MetricTable(limit: limits.metrics)
        self.streams.publishStart(id: id)
    }

    // MARK: What happens to it

    /// The worker began.
    mutating func workerStarted(now: UInt64) {
        guard status == .starting else { return }
        status = .processing
        startedWall = wall(now)
    }

    /// Its run was lost, and it is to be run again. What it logged stays; outputs there are none.
    mutating func runLost() {
        precondition(output.isEmpty && !status.isTerminal, "what has output is not run again")
        status = .starting
        startedWall = nil
    }

    /// How far its run has come, by the worker's word.
    var progress: RunProgress {
        if !output.isEmpty { return .hasOutput }
        return status == .starting ? .dispatched : .started
    }

    /// A further chunk, well-formed JSON by the worker's word. Answers false when the cap of the output is passed: then
    /// the chunk is not taken, and the run must be ended.
    @inline(__always)
    mutating func outputReceived(_ chunk: UnsafeRawBufferPointer, isClean: Bool) -> Bool {
        guard output.byteCount &+ chunk.count <= limits.output else { return false }
        output.append(chunk)
        if isClean { streams.publishOutput(chunk) } else { streams.publishUncleanOutput(chunk) }
        return true
    }

    /// Text of any bytes; what is not UTF-8 becomes U+FFFD.
    mutating func logReceived(_ text: UnsafeRawBufferPointer, source: LogSource) {
        guard !status.isTerminal, !text.isEmpty else { return }
        var escaped: [UInt8] = []
        escaped.reserveCapacity(text.count + 8)
        JSONWriter.appendEscapedContents(text, to: &escaped)
        _ = logs.append(escaped)
        streams.publishLog(escaped, source: source)
    }

    mutating func metricReceived(_ metric: Metric) {
        guard !status.isTerminal else { return }
        let isFirstOverCap = metrics.record(metric)
        streams.publishMetric(metric)
        if isFirstOverCap { noteMetricCap() }
    }

    /// Said once, where whoever misses the values will look.
    private mutating func noteMetricCap() {
        let notice =
            "[metric values over \(limits.metrics) bytes are not kept; "
            + "the stream of metric events goes on]\n"
        Array(notice.utf8).withUnsafeBytes { logReceived($0, source: .standardError) }
    }

    /// All of its times are counted from the first, so that they are in order however the wall clock is set meanwhile.
    private func wall(_ now: UInt64) -> UInt64 { createdWall + (now - createdAt) }

    mutating func cancelRequested() {
        isCancelRequested = true
    }

    /// The end. `collected` is what the worker says of the shape of its output; a prediction that did not get to its end
    /// shows the chunks so far as a list.
    mutating func finish(_ requested: Outcome, collected: Bool, now: UInt64) {
        precondition(!status.isTerminal, "a prediction ends once; the engine asks before")
        let outcome = isCancelRequested && requested == .succeeded ? .canceled : requested
        self.outcome = outcome
        status = outcome.status
        completedWall = wall(now)
        isCollected = collected || outcome != .succeeded
        let (snapshot, offset) = makeSnapshot(predictTime: Double(now - createdAt) / 1e9)
        inputOffset = offset
        let isKept = streams.publishTerminal(id: id, outcome: outcome, snapshot: snapshot)
        if !isKept { ownSnapshot = snapshot }
        output.removeAll()
        logs.removeAll()
    }

    // MARK: Streams

    /// Makes the stream of a further profile, if there is none yet, from what is known of the run.
    mutating func openStream(_ profile: StreamProfile, publishesChunks: Bool, settings: StreamSettings) {
        streams.open(
            profile, id: id, outcome: outcome, snapshot: snapshot, publishesChunks: publishesChunks, settings: settings)
    }

    /// After the end and once its readers have been served: gives back memory that only the running stream needed.
    mutating func shrink() {
        streams.forEach { _, stream in stream.channel.shrink() }
    }

    // MARK: What can be read of it

    /// The document as whoever asks later gets it, with the input: a second PUT while it runs, and GET.
    var detailedSnapshot: [UInt8] {
        let (document, offset) = status.isTerminal ? (snapshot, inputOffset) : makeSnapshot(predictTime: nil)
        var body: [UInt8] = []
        body.reserveCapacity(document.count + (input?.count ?? 2) + 16)
        body.append(contentsOf: document[..<offset])
        JSONWriter.beginMember("input", in: &body)
        body.append(contentsOf: input ?? Array("{}".utf8))
        body.append(contentsOf: document[offset...])
        return body
    }

    /// The document for webhooks: the state of now, without the input.
    var notice: [UInt8] { status.isTerminal ? snapshot : makeSnapshot(predictTime: nil).0 }

    /// Bytes held for it in all, for the cap of what is retained.
    var retainedByteCount: Int {
        (ownSnapshot?.count ?? 0) + (input?.count ?? 0) + streams.allocatedByteCount + Prediction.fixedByteCount
    }

    /// A rough weight for the record itself, so that very many tiny predictions count too.
    private static let fixedByteCount = 1024

    /// The document, its members in alphabetical order, and where the input would stand in it.
    private func makeSnapshot(predictTime: Double?) -> ([UInt8], inputOffset: Int) {
        var body: [UInt8] = []
        body.reserveCapacity(output.byteCount + logs.escaped.count + 384)
        JSONWriter.openObject(in: &body)
        if let completedWall { Prediction.appendTime("completed_at", completedWall, to: &body) }
        Prediction.appendTime("created_at", createdWall, to: &body)
        if case .failed(let failure) = outcome { JSONWriter.appendMember("error", failure.message, to: &body) }
        JSONWriter.appendMember("id", id.text, to: &body)
        let inputOffset = body.count
        JSONWriter.beginMember("logs", in: &body)
        body.append(UInt8(ascii: "\""))
        body.append(contentsOf: logs.escaped)
        body.append(UInt8(ascii: "\""))
        JSONWriter.beginMember("metrics", in: &body)
        metrics.write(predictTime: predictTime, to: &body)
        writeOutput(to: &body)
        if let startedWall { Prediction.appendTime("started_at", startedWall, to: &body) }
        JSONWriter.appendMember("status", status.rawValue, to: &body)
        JSONWriter.closeObject(in: &body)
        return (body, inputOffset)
    }

    private static func appendTime(_ key: String, _ wall: UInt64, to body: inout [UInt8]) {
        JSONWriter.beginMember(key, in: &body)
        body.append(UInt8(ascii: "\""))
        Timestamp.append(wall, to: &body)
        body.append(UInt8(ascii: "\""))
    }

    /// A list where the outputs are one, the only chunk where they are not; a success without any chunk is null.
    private func writeOutput(to body: inout [UInt8]) {
        if output.isEmpty && outcome != .succeeded { return }
        JSONWriter.beginMember("output", in: &body)
        let asList = isCollected || outcome == nil || output.chunkCount > 1
        if output.isEmpty {
            body.append(contentsOf: (asList ? "[]" : "null").utf8)
        } else {
            if asList { JSONWriter.openArray(in: &body) }
            output.write(to: &body)
            if asList { JSONWriter.closeArray(in: &body) }
        }
    }
}
