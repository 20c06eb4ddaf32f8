/// Output that is pushed rather than asked for: what a ``Streaming`` handler returns when a closure that emits is
/// easier to write than a sequence.
///
/// ```swift
/// @Streaming var generate = { (input: Prompt, run: RunContext, model: LanguageModel) in
///     Chunks<String> { emit in
///         try model.generate(after: input.prompt) { token in try emit(token) }
///     }
/// }
/// ```
///
/// The closure is called once. Its chunks go out as they are emitted, without a queue between: an emit waits while the
/// pipe is full, and throws `CancellationError` once the run was cancelled.
public struct Chunks<Chunk: Encodable & SendableMetatype> {
    let produce: (Emitter<Chunk>) async throws -> Void

    /// Output that `produce` will emit.
    public init(_ produce: @escaping (Emitter<Chunk>) async throws -> Void) {
        self.produce = produce
    }
}

/// Emits the chunks of one run.
public struct Emitter<Chunk: Encodable & SendableMetatype>: Sendable {
    let run: RunContext

    /// Sends one chunk; see ``RunContext/emit(_:)``.
    public func callAsFunction(_ chunk: Chunk) throws {
        try run.emit(chunk)
    }

    /// Sends several chunks with few writes; see ``RunContext/emit(contentsOf:)``.
    public func callAsFunction(contentsOf chunks: some Sequence<Chunk>) throws {
        try run.emit(contentsOf: chunks)
    }
}
