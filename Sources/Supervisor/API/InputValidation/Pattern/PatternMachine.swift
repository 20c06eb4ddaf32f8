/// All the states in which a match can be at one place of a string.
///
/// Its tables are as long as the program and made once; a step allocates nothing.
struct PatternMachine {
    private let instructions: [PatternProgram.Instruction]
    private let sets: [CodePointSet]
    private let isAnchored: Bool
    /// The places that wait for the next code point, in the first `waitingCount` elements.
    private var waiting: [Int]
    private var waitingCount = 0
    /// The places that the last code point led to.
    private var arriving: [Int]
    private var arrivingCount = 0
    /// For each instruction the round in which it was last entered; entering it twice in a round is of no use.
    private var entered: [Int]
    private var round = 0
    private var stack: [Int] = []
    private(set) var hasMatched = false

    init(_ program: PatternProgram) {
        instructions = program.instructions
        sets = program.sets
        isAnchored = program.isAnchored
        waiting = [Int](repeating: 0, count: program.instructions.count)
        arriving = waiting
        entered = waiting
    }

    /// Whether another code point could lead to a match.
    var canGoOn: Bool { waitingCount > 0 || !isAnchored }

    /// Follows everything that needs no character, from where the last step led and, as a match may begin anywhere,
    /// from the start.
    mutating func enter(previous: UInt32?, next: UInt32?) {
        round += 1
        waitingCount = 0
        for index in 0..<arrivingCount { follow(from: arriving[index], previous: previous, next: next) }
        if previous == nil || !isAnchored { follow(from: 0, previous: previous, next: next) }
    }

    /// Takes one code point.
    mutating func step(_ point: UInt32) {
        arrivingCount = 0
        for index in 0..<waitingCount {
            let place = waiting[index]
            guard case .take(let set) = instructions[place], sets[set].contains(point) else { continue }
            arriving[arrivingCount] = place + 1
            arrivingCount += 1
        }
    }

    private mutating func follow(from start: Int, previous: UInt32?, next: UInt32?) {
        var place = start
        while true {
            if entered[place] != round {
                entered[place] = round
                switch instructions[place] {
                case .take:
                    waiting[waitingCount] = place
                    waitingCount += 1
                case .jump(let target):
                    place = target
                    continue
                case .split(let first, let second):
                    stack.append(second)
                    place = first
                    continue
                case .assertStart where previous == nil, .assertEnd where next == nil:
                    place += 1
                    continue
                case .assertWordBoundary(let isBoundary)
                where (Self.isWord(previous) != Self.isWord(next)) == isBoundary:
                    place += 1
                    continue
                case .assertStart, .assertEnd, .assertWordBoundary:
                    break
                case .match:
                    hasMatched = true
                }
            }
            guard let next = stack.popLast() else { return }
            place = next
        }
    }

    private static func isWord(_ point: UInt32?) -> Bool {
        point.map(CodePointSet.wordCharacters.contains) ?? false
    }
}
