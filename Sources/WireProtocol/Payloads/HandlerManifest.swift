/// What a worker can do: the payload of `ready`.
public struct HandlerManifest: Equatable, Sendable {
    /// Its handlers, one at least, each name once.
    public var handlers: [HandlerDescriptor]

    /// A manifest.
    public init(handlers: [HandlerDescriptor]) {
        self.handlers = handlers
    }

    /// Reads a manifest from the JSON that a worker prints or sends.
    public init(json: [UInt8]) throws(ProtocolError) {
        let result = json.withUnsafeBytes { (bytes) -> Result<HandlerManifest, ProtocolError> in
            do throws(ProtocolError) {
                return .success(try HandlerManifest(try PayloadReader(bytes, name: "manifest", offset: nil)))
            } catch {
                return .failure(error)
            }
        }
        self = try result.get()
    }

    /// The manifest as JSON without spaces.
    public var json: [UInt8] {
        var output: [UInt8] = []
        append(to: &output)
        return output
    }

    /// Slots of the worker: the sum of what its handlers can do at once.
    public var slotCount: Int { handlers.reduce(0) { $0 + $1.concurrency } }

    /// The handler called `name`; nil when there is none.
    public subscript(name: String) -> HandlerDescriptor? { handlers.first { $0.name == name } }
}

extension HandlerManifest {
    init(_ reader: PayloadReader) throws(ProtocolError) {
        let entries = try reader.objects("handlers")
        guard 1...ProtocolLimits.maximumHandlers ~= entries.count else {
            throw reader.error("handlers", "must hold 1 to \(ProtocolLimits.maximumHandlers) handlers")
        }
        var handlers: [HandlerDescriptor] = []
        var names: Set<String> = []
        for entry in entries {
            let handler = try HandlerDescriptor(entry)
            guard names.insert(handler.name).inserted else {
                throw entry.error("name", "must be unique, but `\(handler.name)` is there twice")
            }
            handlers.append(handler)
        }
        self.init(handlers: handlers)
        guard slotCount <= ProtocolLimits.maximumSlots else {
            throw reader.error(
                "handlers", "declare \(slotCount) runs at once; \(ProtocolLimits.maximumSlots) is the most")
        }
    }

    func append(to output: inout [UInt8]) {
        JSONWriter.openObject(in: &output)
        JSONWriter.beginMember("handlers", in: &output)
        JSONWriter.openArray(in: &output)
        for handler in handlers {
            JSONWriter.beginElement(in: &output)
            handler.append(to: &output)
        }
        JSONWriter.closeArray(in: &output)
        JSONWriter.closeObject(in: &output)
    }
}
