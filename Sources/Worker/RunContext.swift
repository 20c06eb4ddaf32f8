import WireProtocol

/// Valid JSON, passed on as it is.
public typealias RawJSON = WireProtocol.RawJSON

/// One run, as its handler sees it: who asked, and what may be said meanwhile.
///
/// It may be copied, kept by child tasks and used from any thread. All it sends arrives in the order of the calls.
public struct RunContext: Sendable {
    let channel: RunChannel

    /// The run that the current task belongs to, so that code far from the handler can log; nil outside of runs.
    ///
    /// Known to the handler and to what it awaits, child tasks included; not on threads of the author's own.
    @TaskLocal public static var current: RunContext?

    /// The prediction's id, as the client or the supervisor chose it: any text, never to be used as a path.
    public var id: String { channel.id }

    /// The handler that runs.
    public var handler: String { channel.handler }

    /// What else the supervisor tells about the run: a JSON object, mostly empty.
    public var context: RawJSON { channel.context }

    /// Whether the run was asked to end. `Task.isCancelled` says the same, but only inside the run's task.
    public var isCancelled: Bool { channel.isCancelled }

    // MARK: Output

    /// Sends one piece of output; it leaves before the call returns.
    ///
    /// In a streaming handler these chunks and those of the returned sequence are one stream, in the order in which
    /// they were made.
    ///
    /// - Throws: `CancellationError` when the run was cancelled, ``RunEnded`` after its end, ``HandlerError`` when the
    ///   chunk is too large, and what its `encode(to:)` throws.
    public func emit<Chunk: Encodable>(_ chunk: Chunk) throws {
        try channel.emit(chunk)
    }

    /// Sends several pieces of output, many of them with one write.
    ///
    /// For those who have a batch at hand: it costs a fraction of as many single calls, and each chunk stays one chunk
    /// for clients. The first leaves when the batch is complete or has 64 KiB.
    ///
    /// - Throws: As ``emit(_:)``.
    public func emit<Chunk: Encodable>(contentsOf chunks: some Sequence<Chunk>) throws {
        try channel.emit(contentsOf: chunks)
    }

    /// Sends the value of a handler that returns one.
    func finish<Output: Encodable>(with output: Output) throws {
        try channel.emit(output, isPiece: false)
    }

    // MARK: Log

    /// Adds a line to the log of the run; after its end, to that of the worker.
    ///
    /// Better than printing: it is this run's whatever else goes on, and in order with its output.
    public func log(_ line: String, to stream: LogStream = .standardOutput) {
        channel.log(line + "\n", to: stream)
    }

    // MARK: Metrics

    /// Reports something that can be measured; it is shown with the prediction.
    ///
    /// ```swift
    /// try run.metric("tokens.count", 12, .increment)
    /// ```
    ///
    /// - Parameters:
    ///   - name: Up to 128 letters, digits and underscores in up to four parts with dots between them; each part begins
    ///     with a letter and has no two underscores together nor one at its end. `predict_time` and what begins with
    ///     `cog.` are taken.
    ///   - value: Anything that can be encoded. Once set, a metric keeps the type of its value.
    ///   - mode: What becomes of an earlier value; increments must be numbers.
    /// - Throws: ``MetricError``, and as ``emit(_:)`` save that a cancelled run may still report.
    public func metric<Value: Encodable>(_ name: String, _ value: Value, _ mode: MetricMode = .replace) throws {
        try channel.metric(name, value, mode)
    }

    /// Removes a metric; then it may be set again, to a value of another type.
    public func removeMetric(_ name: String) throws {
        try channel.metric(name, RawJSON.null, .replace)
    }

    // MARK: For workers in tests that misbehave

    /// The run's slot.
    package var slot: UInt16 { channel.slot }

    /// The number that the run's next frame will have.
    package var nextFrame: UInt64 { channel.nextFrame }

    /// Writes bytes into the pipe as they are, between two frames.
    package func write(unchecked bytes: [UInt8]) { channel.write(unchecked: bytes) }
}
