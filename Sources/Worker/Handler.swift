/// Declares a handler that returns one value.
///
/// ```swift
/// @Handler("Turns a text into a vector.", concurrency: 8)
/// var embed = { (input: Text, run: RunContext, model: Encoder) in
///     model.vector(for: input.text)
/// }
/// ```
///
/// The value is anything `Encodable` or an ``OutputFile``; return `RawJSON.null` where there is nothing to say. The
/// closure takes the input, the ``RunContext``, and if it wants it, what the worker's set-up returned.
@propertyWrapper
public struct Handler<Function: Sendable>: Sendable {
    /// The closure itself, for tests and for other handlers.
    public let wrappedValue: Function
    let declaration: HandlerDeclaration

    /// A handler that returns a value.
    ///
    /// - Parameters:
    ///   - description: What it does, for people.
    ///   - name: By what name it is asked for; the property's if nil.
    ///   - concurrency: Runs that it can do at once, 1 to 1,024.
    public init<Input: Decodable & SendableMetatype, Output: Encodable & SendableMetatype>(
        wrappedValue: Function, _ description: String? = nil, name: String? = nil, concurrency: Int = 1
    )
    where Function == @Sendable (Input, RunContext) async throws -> Output {
        self.wrappedValue = wrappedValue
        // Called through its own type; as `Function` the compiler does not see that it may suspend and throw.
        let function: @Sendable (Input, RunContext) async throws -> Output = wrappedValue
        declaration = HandlerDeclaration(
            description, name, concurrency, streams: false, Input.self, Output.self, Void.self
        ) { input, run, _ in
            try run.finish(with: try await function(input, run))
        }
    }

    /// A handler that returns a value and takes what the set-up returned.
    ///
    /// - Parameters:
    ///   - description: What it does, for people.
    ///   - name: By what name it is asked for; the property's if nil.
    ///   - concurrency: Runs that it can do at once, 1 to 1,024.
    public init<Input: Decodable & SendableMetatype, Model: Sendable, Output: Encodable & SendableMetatype>(
        wrappedValue: Function, _ description: String? = nil, name: String? = nil, concurrency: Int = 1
    )
    where Function == @Sendable (Input, RunContext, Model) async throws -> Output {
        self.wrappedValue = wrappedValue
        // Called through its own type; as `Function` the compiler does not see that it may suspend and throw.
        let function: @Sendable (Input, RunContext, Model) async throws -> Output = wrappedValue
        declaration = HandlerDeclaration(
            description, name, concurrency, streams: false, Input.self, Output.self, Model.self
        ) { input, run, model in
            try run.finish(with: try await function(input, run, model))
        }
    }
}

// What is left when no other initialiser fits; here for its message alone. (There is none for closures that return
// nothing: it would take any closure of one expression, whose value the compiler then drops.)
extension Handler {
    /// Not available: the closure returns nothing that can be encoded.
    @available(
        *, unavailable,
        message: "a handler returns one Encodable value; declare one that returns a sequence with @Streaming"
    )
    public init<Input, Output>(
        wrappedValue: Function, _ description: String? = nil, name: String? = nil, concurrency: Int = 1
    )
    where Function == @Sendable (Input, RunContext) async throws -> Output {
        fatalError("unavailable")
    }

    /// Not available: the closure returns nothing that can be encoded.
    @available(
        *, unavailable,
        message: "a handler returns one Encodable value; declare one that returns a sequence with @Streaming"
    )
    public init<Input, Model, Output>(
        wrappedValue: Function, _ description: String? = nil, name: String? = nil, concurrency: Int = 1
    )
    where Function == @Sendable (Input, RunContext, Model) async throws -> Output {
        fatalError("unavailable")
    }
}

extension Handler: DeclaresHandler {}
