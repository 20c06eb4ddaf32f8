/// What a worker declares about one of its handlers.
public struct HandlerDescriptor: Equatable, Sendable {
    /// 1–64 bytes out of `A–Z a–z 0–9 _ - .`, beginning with a letter or digit.
    public var name: String
    /// Whether it may be asked for output piece by piece.
    public var streaming: Bool
    /// Runs that it can do at once, from 1.
    public var concurrency: Int
    /// JSON Schema of its input, an object; nil when it takes anything.
    public var input: RawJSON?
    /// JSON Schema of its input when it is asked for as a training; nil: the same as ``input``.
    public var trainingInput: RawJSON?
    /// What the supervisor does to an input that fits the schema before the run gets it.
    public var inputRules: InputRules
    /// JSON Schema of its output, an object; nil when it does not say.
    public var output: RawJSON?
    /// What it does, for people.
    public var description: String?

    /// A descriptor.
    public init(
        name: String, streaming: Bool = false, concurrency: Int = 1, input: RawJSON? = nil,
        trainingInput: RawJSON? = nil, inputRules: InputRules = .plain, output: RawJSON? = nil,
        description: String? = nil
    ) {
        self.name = name
        self.streaming = streaming
        self.concurrency = concurrency
        self.input = input
        self.trainingInput = trainingInput
        self.inputRules = inputRules
        self.output = output
        self.description = description
    }

    /// Whether `name` may be the name of a handler.
    public static func isValidName(_ name: String) -> Bool {
        guard 1...ProtocolLimits.maximumHandlerNameLength ~= name.utf8.count, let first = name.utf8.first else {
            return false
        }
        return isLetterOrDigit(first) && name.utf8.allSatisfy { isLetterOrDigit($0) || "_-.".utf8.contains($0) }
    }

    private static func isLetterOrDigit(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "a")...UInt8(ascii: "z"):
            true
        default: false
        }
    }
}

extension HandlerDescriptor {
    init(_ reader: PayloadReader) throws(ProtocolError) {
        let maximumSlots = UInt64(ProtocolLimits.maximumSlots)
        self.init(
            name: try reader.string("name"),
            streaming: try reader.optionalBool("streaming") ?? false,
            concurrency: Int(try reader.optionalInteger("concurrency", upTo: maximumSlots) ?? 1),
            input: try reader.optionalObject("input"),
            trainingInput: try reader.optionalObject("training_input"),
            inputRules: try InputRules(reader),
            output: try reader.optionalObject("output"),
            description: try reader.optionalString("description"))
        guard Self.isValidName(name) else {
            throw reader.error(
                "name",
                "must have 1 to \(ProtocolLimits.maximumHandlerNameLength) letters, digits, `_`, `-` or `.`, "
                    + "a letter or digit first")
        }
        guard concurrency >= 1 else { throw reader.error("concurrency", "must be at least 1") }
    }

    func append(to output: inout [UInt8]) {
        JSONWriter.openObject(in: &output)
        JSONWriter.appendMember("name", name, to: &output)
        JSONWriter.appendMember("streaming", streaming, to: &output)
        JSONWriter.appendMember("concurrency", concurrency, to: &output)
        if let input { JSONWriter.appendMember("input", input, to: &output) }
        if let trainingInput { JSONWriter.appendMember("training_input", trainingInput, to: &output) }
        if inputRules != .plain { JSONWriter.appendMember("input_rules", inputRules.rawValue, to: &output) }
        if let schema = self.output { JSONWriter.appendMember("output", schema, to: &output) }
        if let description { JSONWriter.appendMember("description", description, to: &output) }
        JSONWriter.closeObject(in: &output)
    }
}
