import WireProtocol

/// One application of a schema to one input.
struct InputValidator {
    /// Schemas inside one another while going into a value: twice the depth of any JSON text, so that only a
    /// document made for it gets there.
    private static let maximumDepth = 2 * JSONScanner.maximumDepth
    /// Steps that are always allowed, and further ones for each byte of input. Combinations of combinations can take
    /// exponential time; sensible schemas take one or two steps for each value.
    private static let baseSteps = 100_000
    private static let stepsPerByte = 16

    let text: ValidText
    private let nodes: [CompiledSchema]
    private var problems: [InputProblem] = []
    /// Problems found so far, reported or not.
    private(set) var failures = 0
    /// How many `anyOf` and the like are being tried: inside, problems count but are not reported.
    private var trials = 0
    private var path: [PathStep] = []
    private var depth = 0
    private var stepsLeft: Int
    private var hasGivenUp = false

    private enum PathStep {
        case key(Range<Int>)
        case index(Int)
    }

    init(nodes: [CompiledSchema], input: UnsafeRawBufferPointer) {
        self.nodes = nodes
        text = ValidText(bytes: input)
        stepsLeft = Self.baseSteps + input.count * Self.stepsPerByte
    }

    mutating func run() -> [InputProblem] {
        _ = check(0, at: text.skipWhiteSpace(from: 0))
        return problems
    }

    /// Whether the schema `index` is `false`.
    func isNever(_ index: SchemaNode.Index) -> Bool { nodes[index].node.isNever }

    // MARK: Values

    /// Applies the schema `index` to the value at `start` and says where the value ends.
    mutating func check(_ index: SchemaNode.Index, at start: Int) -> Int {
        depth += 1
        stepsLeft -= 1
        defer { depth -= 1 }
        guard depth <= Self.maximumDepth, stepsLeft > 0 else {
            giveUp()
            return text.endOfValue(at: start)
        }
        // Enough is known: the rest only has to be stepped over.
        if isFinished { return text.endOfValue(at: start) }
        let schema = nodes[index]
        let kind = text.kind(at: start)
        if schema.node.isNullable, kind == .null { return text.endOfValue(at: start) }
        var end: Int?
        if schema.node.isNever { report(start) { "False schema does not allow \($0)" } }
        if let types = schema.node.types, !types.allows(kind, in: text, at: start) {
            report(start) { "\($0) is not of \(types.description)" }
            return text.endOfValue(at: start)
        }
        checkConstants(schema, at: start)
        switch kind {
        case .number where schema.node.constrainsNumbers: checkNumber(schema, at: start)
        case .string where schema.node.constrainsStrings: checkString(schema, at: start)
        case .array where schema.node.constrainsArrays: end = checkArray(schema, at: start)
        case .object where schema.node.constrainsObjects: end = checkObject(schema, at: start)
        default: break
        }
        for part in schema.node.all { end = check(part, at: start) }
        checkChoices(schema, at: start)
        return end ?? text.endOfValue(at: start)
    }

    /// Applies `index` to the value at `start`, one step below.
    mutating func check(_ index: SchemaNode.Index, at start: Int, element: Int) -> Int {
        path.append(.index(element))
        defer { path.removeLast() }
        return check(index, at: start)
    }

    /// Applies `index` to the value at `start`, the value of the key in `key`.
    mutating func check(_ index: SchemaNode.Index, at start: Int, key: Range<Int>) -> Int {
        path.append(.key(key))
        defer { path.removeLast() }
        return check(index, at: start)
    }

    private mutating func checkConstants(_ schema: CompiledSchema, at start: Int) {
        guard schema.node.enumeration != nil || schema.node.constant != nil else { return }
        let digest = InputDigest.digest(in: text, at: start).digest
        if let constants = schema.node.enumeration, !constants.contains(where: { $0.digest == digest }) {
            report(start) { "\($0) is not one of [\(constants.map(\.text).joined(separator: ","))]" }
        }
        if let constant = schema.node.constant, constant.digest != digest {
            report(start) { _ in "\(constant.text) was expected" }
        }
    }

    private mutating func checkChoices(_ schema: CompiledSchema, at start: Int) {
        if let choices = schema.node.any, !choices.contains(where: { accepts($0, at: start) }) {
            report(start) { "\($0) is not valid under any of the schemas listed in the 'anyOf' keyword" }
        }
        if let choices = schema.node.one {
            let count = choices.count { accepts($0, at: start) }
            if count == 0 {
                report(start) { "\($0) is not valid under any of the schemas listed in the 'oneOf' keyword" }
            } else if count > 1 {
                report(start) { "\($0) is valid under more than one of the schemas listed in the 'oneOf' keyword" }
            }
        }
        if let not = schema.node.not, accepts(not.schema, at: start) {
            report(start) { "\(not.text) is not allowed for \($0)" }
        }
    }

    private mutating func accepts(_ index: SchemaNode.Index, at start: Int) -> Bool {
        let before = failures
        trials += 1
        _ = check(index, at: start)
        trials -= 1
        // What was found in a trial is no problem of the input.
        defer { failures = before }
        return failures == before
    }

    // MARK: Problems

    /// Whether looking further cannot change the answer.
    private var isFinished: Bool { hasGivenUp || problems.count >= InputSchema.maximumProblems }

    /// Reports a problem of the value at `start`, whose text the message may quote.
    mutating func report(_ start: Int, _ message: (_ quoted: String) -> String) {
        failures += 1
        guard trials == 0, !isFinished else { return }
        let quoted = text.excerpt(of: start..<text.endOfValue(at: start))
        problems.append(InputProblem(field: field(), message: message(quoted), isMissing: false))
    }

    /// Reports that the object at hand lacks `name`.
    mutating func reportMissing(_ name: String) {
        failures += 1
        guard trials == 0, !isFinished else { return }
        problems.append(
            InputProblem(field: field(JSONPointer.escaped(name)), message: "Field required", isMissing: true))
    }

    /// Reports that the object at hand has a member with `key` that it must not have.
    mutating func reportUnexpected(_ key: Range<Int>) {
        failures += 1
        guard trials == 0, !isFinished else { return }
        let name = String(decoding: text.contents(of: key), as: UTF8.self)
        problems.append(
            InputProblem(
                field: field(JSONPointer.escaped(name)),
                message: "Additional properties are not allowed ('\(name)' was unexpected)", isMissing: false))
    }

    /// No verdict can be had, and an input without a verdict must not pass: also not out of a trial.
    private mutating func giveUp() {
        failures += 1
        guard !hasGivenUp else { return }
        hasGivenUp = true
        problems.append(
            InputProblem(
                field: field(), message: "the value and the schema are too complex to be checked", isMissing: false))
    }

    private func field(_ last: String? = nil) -> String {
        var steps = path.map { step in
            switch step {
            case .key(let range): JSONPointer.escaped(String(decoding: text.contents(of: range), as: UTF8.self))
            case .index(let index): String(index)
            }
        }
        if let last { steps.append(last) }
        return steps.isEmpty ? InputProblem.root : steps.joined(separator: "/")
    }
}

extension TypeSet {
    /// Whether a value of `kind` at `start` is of one of these types.
    fileprivate func allows(_ kind: ValidText.Kind, in text: ValidText, at start: Int) -> Bool {
        switch kind {
        case .null: contains(.null)
        case .boolean: contains(.boolean)
        case .string: contains(.string)
        case .array: contains(.array)
        case .object: contains(.object)
        case .number:
            contains(.number)
                || (contains(.integer) && text.isInteger(start..<text.endOfValue(at: start)))
        }
    }
}
