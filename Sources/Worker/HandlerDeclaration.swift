import WireProtocol

/// What a ``Streaming`` or ``Handler`` property declares, without its types.
struct HandlerDeclaration: Sendable {
    let description: String?
    /// The name that the author gave it; nil when the property's counts.
    let name: String?
    let concurrency: Int
    let streams: Bool
    let inputSchema: Schema
    /// Of one chunk if it streams; nil when it is not known.
    let outputSchema: Schema?
    /// What it wants from the set-up; `Void` when nothing.
    let modelType: Any.Type
    /// Reads the input, runs the closure and emits what it returns. The model is of ``modelType`` or that is `Void`.
    let execute: @Sendable (RawJSON, RunContext, any Sendable) async throws -> Void

    init<Input: Decodable & SendableMetatype, Model: Sendable>(
        _ description: String?, _ name: String?, _ concurrency: Int, streams: Bool, _ input: Input.Type,
        _ output: Any.Type, _ model: Model.Type,
        _ body: @escaping @Sendable (Input, RunContext, Model) async throws -> Void
    ) {
        let reader = InputReader(Input.self)
        self.description = description
        self.name = name
        self.concurrency = concurrency
        self.streams = streams
        inputSchema = reader.schema
        outputSchema = Self.schema(of: output)
        modelType = model
        execute = { input, run, model in
            let input = try reader.read(input)
            guard let model = (Model.self == Void.self ? () : model) as? Model else {
                preconditionFailure("the worker's declaration was checked when it started")
            }
            try await body(input, run, model)
        }
    }

    private static func schema(of output: Any.Type) -> Schema? {
        if output is OutputFile.Type { return Schema("string", format: "uri") }
        return (output as? any Decodable.Type).map { SchemaProbe.schema(of: $0) }
    }

    /// As the manifest has it.
    func descriptor(name: String) -> HandlerDescriptor {
        HandlerDescriptor(
            name: name, streaming: streams, concurrency: concurrency,
            input: inputSchema == .any ? nil : inputSchema.titled("Input").raw,
            output: outputSchema.flatMap { $0 == .any ? nil : $0.titled("Output").raw },
            description: description)
    }
}

/// A property wrapper that declares a handler.
protocol DeclaresHandler {
    var declaration: HandlerDeclaration { get }
}
