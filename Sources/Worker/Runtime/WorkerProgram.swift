import WireProtocol

/// A worker without its type: its handlers by name, its set-up, what it prints when it is started by hand.
package struct WorkerProgram: Sendable {
    let identification: String
    package let manifest: HandlerManifest
    let setup: @Sendable (SetupContext) async throws -> any Sendable
    let healthCheck: @Sendable (any Sendable) async throws -> Void
    private let handlers: [String: HandlerDeclaration]

    /// A worker whose declarations contradict one another.
    package struct DeclarationError: Error, Equatable, CustomStringConvertible {
        /// Which declaration, and what to do.
        package let description: String
    }

    /// Makes the worker and reads what it declares.
    package init<Author: ModelWorker>(_ type: Author.Type) throws(DeclarationError) {
        let author = Author()
        let declared = Self.declarations(of: author)
        var handlers: [String: HandlerDeclaration] = [:]
        for (name, declaration) in declared {
            try Self.check(name, declaration, modelType: Author.Model.self)
            guard handlers.updateValue(declaration, forKey: name) == nil else {
                throw DeclarationError(description: "\(type) has two handlers called `\(name)`.")
            }
        }
        manifest = HandlerManifest(handlers: declared.map { $0.declaration.descriptor(name: $0.name) })
        guard !declared.isEmpty else {
            throw DeclarationError(
                description: "\(type) has no handlers: mark a property with @Streaming or @Handler.")
        }
        guard declared.count <= ProtocolLimits.maximumHandlers, manifest.slotCount <= ProtocolLimits.maximumSlots
        else {
            throw DeclarationError(
                description: "\(type) has \(declared.count) handlers with \(manifest.slotCount) runs at once; at most "
                    + "\(ProtocolLimits.maximumHandlers) and \(ProtocolLimits.maximumSlots) are possible.")
        }
        self.handlers = handlers
        identification = Author.identification
        setup = { context in try await author.setup(context) }
        healthCheck = { model in
            guard let model = model as? Author.Model else {
                preconditionFailure("the model is what the set-up of this very type returned")
            }
            try await author.healthCheck(model)
        }
    }

    /// The handler called `name`; nil when there is none.
    subscript(name: String) -> HandlerDeclaration? { handlers[name] }

    /// The handlers' names, for people.
    var names: String { manifest.handlers.map { "`\($0.name)`" }.joined(separator: ", ") }

    /// What the properties of `author` declare, in their order.
    private static func declarations(of author: some ModelWorker) -> [(name: String, declaration: HandlerDeclaration)] {
        Mirror(reflecting: author).children.compactMap { child in
            guard let declaration = (child.value as? any DeclaresHandler)?.declaration else { return nil }
            // The storage of a wrapped property has its name with an underscore before it.
            let property = (child.label ?? "_").dropFirst()
            return (declaration.name ?? String(property), declaration)
        }
    }

    private static func check(
        _ name: String, _ declaration: HandlerDeclaration, modelType: Any.Type
    ) throws(DeclarationError) {
        guard HandlerDescriptor.isValidName(name) else {
            throw DeclarationError(
                description: "`\(name)` cannot be the name of a handler: names have 1 to "
                    + "\(ProtocolLimits.maximumHandlerNameLength) letters, digits, `_`, `-` or `.`, "
                    + "a letter or digit first. Give it another with `name:`.")
        }
        guard 1...ProtocolLimits.maximumSlots ~= declaration.concurrency else {
            throw DeclarationError(
                description: "The concurrency of `\(name)` is \(declaration.concurrency); "
                    + "it must be 1 to \(ProtocolLimits.maximumSlots).")
        }
        guard declaration.modelType == modelType || declaration.modelType == Void.self else {
            throw DeclarationError(
                description: "`\(name)` takes a model of the type \(declaration.modelType), "
                    + "but the set-up returns \(modelType).")
        }
    }
}
