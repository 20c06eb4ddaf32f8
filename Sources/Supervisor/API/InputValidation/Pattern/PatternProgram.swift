/// A pattern as instructions for a machine that is in many states at once.
struct PatternProgram: Sendable {
    enum Instruction: Sendable {
        /// Takes one code point of the set with this index, then goes on.
        case take(Int)
        /// Goes on at both places.
        case split(Int, Int)
        case jump(Int)
        case assertStart
        case assertEnd
        case assertWordBoundary(Bool)
        case match
    }

    private(set) var instructions: [Instruction] = []
    private(set) var sets: [CodePointSet] = []
    private var setIndices: [CodePointSet: Int] = [:]

    /// Most instructions of a program. Matching costs at most this many steps for each character, so it bounds what a
    /// pattern can make a request cost.
    static let maximumLength = 20_000

    /// Whether it can only match at the start of a string.
    var isAnchored: Bool {
        if case .assertStart = instructions[0] { true } else { false }
    }

    init(_ node: PatternNode) throws(PatternError) {
        try emit(node)
        try append(.match)
    }

    private mutating func append(_ instruction: Instruction) throws(PatternError) {
        guard instructions.count < Self.maximumLength else {
            throw PatternError(
                "it is too large: its counts in braces multiply to more than \(Self.maximumLength) steps")
        }
        instructions.append(instruction)
    }

    private mutating func emit(_ node: PatternNode) throws(PatternError) {
        switch node {
        case .empty: break
        case .set(let set): try append(.take(index(of: set)))
        case .start: try append(.assertStart)
        case .end: try append(.assertEnd)
        case .wordBoundary(let isBoundary): try append(.assertWordBoundary(isBoundary))
        case .sequence(let items):
            for item in items { try emit(item) }
        case .alternatives(let branches): try emitAlternatives(branches)
        case .repetition(let item, let minimum, let maximum):
            try emitRepetition(of: item, minimum: minimum, maximum: maximum)
        }
    }

    private mutating func index(of set: CodePointSet) -> Int {
        if let index = setIndices[set] { return index }
        setIndices[set] = sets.count
        sets.append(set)
        return sets.count - 1
    }

    private mutating func emitAlternatives(_ branches: [PatternNode]) throws(PatternError) {
        var exits: [Int] = []
        for branch in branches.dropLast() {
            let split = instructions.count
            try append(.split(split + 1, split + 1))
            try emit(branch)
            exits.append(instructions.count)
            try append(.jump(0))
            instructions[split] = .split(split + 1, instructions.count)
        }
        if let last = branches.last { try emit(last) }
        for exit in exits { instructions[exit] = .jump(instructions.count) }
    }

    private mutating func emitRepetition(of item: PatternNode, minimum: Int, maximum: Int?) throws(PatternError) {
        for _ in 0..<minimum {
            let before = instructions.count
            try emit(item)
            // Nothing repeated is nothing; without this, nested counts around nothing would loop for ever.
            if instructions.count == before { return }
        }
        guard let maximum else { return try emitLoop(of: item) }
        var splits: [Int] = []
        for _ in minimum..<maximum {
            splits.append(instructions.count)
            try append(.split(instructions.count + 1, 0))
            try emit(item)
        }
        for split in splits { instructions[split] = .split(split + 1, instructions.count) }
    }

    private mutating func emitLoop(of item: PatternNode) throws(PatternError) {
        let split = instructions.count
        try append(.split(split + 1, 0))
        try emit(item)
        try append(.jump(split))
        instructions[split] = .split(split + 1, instructions.count)
    }
}
