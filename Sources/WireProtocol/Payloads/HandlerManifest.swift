/// What a worker can do: the payload of `ready`.
public struct HandlerManifest: Equatable, Sendable {
    /// Its handlers, one at least, each name once.
    public var handlers: [HandlerDescriptor]
    /// The whole OpenAPI document that clients are to be shown; nil: the supervisor makes one of the handlers.
    public var openAPI: RawJSON?
    /// Versions of what the worker is made of, for people: `python`, `python_sdk`.
    public var versions: [String: String]
    /// Whether the worker has a check of its own, so that it is worth to ask with `healthCheck`.
    public var hasHealthCheck: Bool

    /// A manifest.
    public init(
        handlers: [HandlerDescriptor], openAPI: RawJSON? = nil, versions: [String: String] = [:],
        hasHealthCheck: Bool = false
    ) {
        self.handlers = handlers
        self.openAPI = openAPI
        self.versions = versions
        self.hasHealthCheck = hasHealthCheck
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
        self.init(
            handlers: handlers, openAPI: try reader.optionalObject("openapi"),
            versions: try reader.optionalStringMap("versions") ?? [:],
            hasHealthCheck: try reader.optionalBool("health_check") ?? false)
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
        if let openAPI { JSONWriter.appendMember("openapi", openAPI, to: &output) }
        if !versions.isEmpty { appendVersions(to: &output) }
        if hasHealthCheck { JSONWriter.appendMember("health_check", true, to: &output) }
        JSONWriter.closeObject(in: &output)
    }

    private func appendVersions(to output: inout [UInt8]) {
        JSONWriter.beginMember("versions", in: &output)
        JSONWriter.openObject(in: &output)
        for (name, version) in versions.sorted(by: { $0.key < $1.key }) {
            JSONWriter.appendMember(name, version, to: &output)
        }
        JSONWriter.closeObject(in: &output)
    }
}
