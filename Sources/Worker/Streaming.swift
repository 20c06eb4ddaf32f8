/// Declares a handler whose output goes out piece by piece, as it is made.
///
/// ```swift
/// @Streaming("Counts.", concurrency: 2)
/// var count = { (input: Limit, run: RunContext) in
///     (1...input.limit).lazy.map { "\($0)" }
/// }
/// ```
///
/// The closure must return something that yields its chunks one after the other: a `Sequence`, an `AsyncSequence`, or
/// ``Chunks`` where pushing is easier than being asked. A closure that returns one value does not compile; nor does one
/// that returns a `String`, though that is a sequence of characters. An array is fine, but is streamed only after it
/// was made.
///
/// The closure takes the input, the ``RunContext``, and if it wants it, what the worker's set-up returned. Between two
/// chunks of a sequence the library looks whether the run was cancelled and, if so, asks for no more.
@propertyWrapper
public struct Streaming<Function: Sendable>: Sendable {
    /// The closure itself, for tests and for other handlers.
    public let wrappedValue: Function
    let declaration: HandlerDeclaration

    /// A handler that returns a sequence.
    ///
    /// - Parameters:
    ///   - description: What it does, for people.
    ///   - name: By what name it is asked for; the property's if nil.
    ///   - concurrency: Runs that it can do at once, 1 to 1,024.
    public init<Input: Decodable & SendableMetatype, Output: Sequence & SendableMetatype>(
        wrappedValue: Function, _ description: String? = nil, name: String? = nil, concurrency: Int = 1
    )
    where
        Output.Element: Encodable & SendableMetatype,
        Function == @Sendable (Input, RunContext) async throws -> Output
    {
        self.wrappedValue = wrappedValue
        // Called through its own type; as `Function` the compiler does not see that it may suspend and throw.
        let function: @Sendable (Input, RunContext) async throws -> Output = wrappedValue
        declaration = HandlerDeclaration(
            description, name, concurrency, streams: true, Input.self, Output.Element.self, Void.self
        ) { input, run, _ in
            for chunk in try await function(input, run) { try run.emit(chunk) }
        }
    }

    /// A handler that returns a sequence and takes what the set-up returned.
    ///
    /// - Parameters:
    ///   - description: What it does, for people.
    ///   - name: By what name it is asked for; the property's if nil.
    ///   - concurrency: Runs that it can do at once, 1 to 1,024.
    public init<Input: Decodable & SendableMetatype, Model: Sendable, Output: Sequence & SendableMetatype>(
        wrappedValue: Function, _ description: String? = nil, name: String? = nil, concurrency: Int = 1
    )
    where
        Output.Element: Encodable & SendableMetatype,
        Function == @Sendable (Input, RunContext, Model) async throws -> Output
    {
        self.wrappedValue = wrappedValue
        // Called through its own type; as `Function` the compiler does not see that it may suspend and throw.
        let function: @Sendable (Input, RunContext, Model) async throws -> Output = wrappedValue
        declaration = HandlerDeclaration(
            description, name, concurrency, streams: true, Input.self, Output.Element.self, Model.self
        ) { input, run, model in
            for chunk in try await function(input, run, model) { try run.emit(chunk) }
        }
    }

    /// A handler that returns an asynchronous sequence.
    ///
    /// - Parameters:
    ///   - description: What it does, for people.
    ///   - name: By what name it is asked for; the property's if nil.
    ///   - concurrency: Runs that it can do at once, 1 to 1,024.
    public init<Input: Decodable & SendableMetatype, Output: AsyncSequence & SendableMetatype>(
        wrappedValue: Function, _ description: String? = nil, name: String? = nil, concurrency: Int = 1
    )
    where
        Output.Element: Encodable & SendableMetatype,
        Function == @Sendable (Input, RunContext) async throws -> Output
    {
        self.wrappedValue = wrappedValue
        // Called through its own type; as `Function` the compiler does not see that it may suspend and throw.
        let function: @Sendable (Input, RunContext) async throws -> Output = wrappedValue
        declaration = HandlerDeclaration(
            description, name, concurrency, streams: true, Input.self, Output.Element.self, Void.self
        ) { input, run, _ in
            for try await chunk in try await function(input, run) { try run.emit(chunk) }
        }
    }

    /// A handler that returns an asynchronous sequence and takes what the set-up returned.
    ///
    /// - Parameters:
    ///   - description: What it does, for people.
    ///   - name: By what name it is asked for; the property's if nil.
    ///   - concurrency: Runs that it can do at once, 1 to 1,024.
    public init<Input: Decodable & SendableMetatype, Model: Sendable, Output: AsyncSequence & SendableMetatype>(
        wrappedValue: Function, _ description: String? = nil, name: String? = nil, concurrency: Int = 1
    )
    where
        Output.Element: Encodable & SendableMetatype,
        Function == @Sendable (Input, RunContext, Model) async throws -> Output
    {
        self.wrappedValue = wrappedValue
        // Called through its own type; as `Function` the compiler does not see that it may suspend and throw.
        let function: @Sendable (Input, RunContext, Model) async throws -> Output = wrappedValue
        declaration = HandlerDeclaration(
            description, name, concurrency, streams: true, Input.self, Output.Element.self, Model.self
        ) { input, run, model in
            for try await chunk in try await function(input, run, model) { try run.emit(chunk) }
        }
    }

    /// A handler that pushes its chunks.
    ///
    /// - Parameters:
    ///   - description: What it does, for people.
    ///   - name: By what name it is asked for; the property's if nil.
    ///   - concurrency: Runs that it can do at once, 1 to 1,024.
    public init<Input: Decodable & SendableMetatype, Chunk: Encodable & SendableMetatype>(
        wrappedValue: Function, _ description: String? = nil, name: String? = nil, concurrency: Int = 1
    )
    where Function == @Sendable (Input, RunContext) async throws -> Chunks<Chunk> {
        self.wrappedValue = wrappedValue
        // Called through its own type; as `Function` the compiler does not see that it may suspend and throw.
        let function: @Sendable (Input, RunContext) async throws -> Chunks<Chunk> = wrappedValue
        declaration = HandlerDeclaration(
            description, name, concurrency, streams: true, Input.self, Chunk.self, Void.self
        ) { input, run, _ in
            try await function(input, run).produce(Emitter(run: run))
        }
    }

    /// A handler that pushes its chunks and takes what the set-up returned.
    ///
    /// - Parameters:
    ///   - description: What it does, for people.
    ///   - name: By what name it is asked for; the property's if nil.
    ///   - concurrency: Runs that it can do at once, 1 to 1,024.
    public init<Input: Decodable & SendableMetatype, Model: Sendable, Chunk: Encodable & SendableMetatype>(
        wrappedValue: Function, _ description: String? = nil, name: String? = nil, concurrency: Int = 1
    )
    where Function == @Sendable (Input, RunContext, Model) async throws -> Chunks<Chunk> {
        self.wrappedValue = wrappedValue
        // Called through its own type; as `Function` the compiler does not see that it may suspend and throw.
        let function: @Sendable (Input, RunContext, Model) async throws -> Chunks<Chunk> = wrappedValue
        declaration = HandlerDeclaration(
            description, name, concurrency, streams: true, Input.self, Chunk.self, Model.self
        ) { input, run, model in
            try await function(input, run, model).produce(Emitter(run: run))
        }
    }
}

// What is left when no other initialiser fits; here for its message alone.
extension Streaming {
    /// Not available: the closure returns no sequence of values that can be encoded.
    @available(
        *, unavailable,
        message: """
            a streaming handler returns a Sequence or AsyncSequence of Encodable chunks, or Chunks; \
            declare one that returns a single value (a String is one) with @Handler
            """
    )
    public init<Input, Output>(
        wrappedValue: Function, _ description: String? = nil, name: String? = nil, concurrency: Int = 1
    )
    where Function == @Sendable (Input, RunContext) async throws -> Output {
        fatalError("unavailable")
    }

    /// Not available: the closure returns no sequence of values that can be encoded.
    @available(
        *, unavailable,
        message: """
            a streaming handler returns a Sequence or AsyncSequence of Encodable chunks, or Chunks; \
            declare one that returns a single value (a String is one) with @Handler
            """
    )
    public init<Input, Model, Output>(
        wrappedValue: Function, _ description: String? = nil, name: String? = nil, concurrency: Int = 1
    )
    where Function == @Sendable (Input, RunContext, Model) async throws -> Output {
        fatalError("unavailable")
    }
}

extension Streaming: DeclaresHandler {}
