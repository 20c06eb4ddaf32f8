/// A regular expression as JSON Schema uses it: a test whether it matches anywhere in a string.
///
/// Time is linear in the string, whatever the pattern: all ways to match are followed side by side (Thompson 1968), so
/// no string can make it explode. Works on code points, as ECMA-262 does with the `u` flag.
package struct Pattern: Sendable {
    private let program: PatternProgram

    /// Compiles `text`, an ECMA-262 pattern; throws for what cannot be matched in linear time.
    package init(_ text: String) throws(PatternError) {
        program = try PatternProgram(PatternParser.parse(text))
    }

    /// Whether it matches somewhere in `points`.
    package func matches(_ points: some IteratorProtocol<UInt32>) -> Bool {
        var points = points
        var machine = Machine(program)
        var previous: UInt32?
        var next = points.next()
        while true {
            machine.enter(previous: previous, next: next)
            if machine.hasMatched { return true }
            guard let point = next else { return false }
            machine.step(point)
            previous = point
            next = points.next()
        }
    }

    /// The states in which a match can be.
    private struct Machine {
        private let program: PatternProgram
        /// The places that wait for the next code point, and those that will wait after it.
        private var waiting: [Int] = []
        private var arriving: [Int] = []
        /// For each instruction the round in which it was last entered; entering it twice in a round is of no use.
        private var entered: [Int]
        private var round = 0
        private var stack: [Int] = []
        private(set) var hasMatched = false

        init(_ program: PatternProgram) {
            self.program = program
            entered = [Int](repeating: 0, count: program.instructions.count)
        }

        /// Follows everything that needs no character, from where the last step led and, as a match may begin
        /// anywhere, from the start.
        mutating func enter(previous: UInt32?, next: UInt32?) {
            round += 1
            waiting.removeAll(keepingCapacity: true)
            for place in arriving { follow(from: place, previous: previous, next: next) }
            follow(from: 0, previous: previous, next: next)
            arriving.removeAll(keepingCapacity: true)
        }

        mutating func step(_ point: UInt32) {
            for place in waiting {
                guard case .take(let set) = program.instructions[place] else { continue }
                if program.sets[set].contains(point) { arriving.append(place + 1) }
            }
        }

        private mutating func follow(from place: Int, previous: UInt32?, next: UInt32?) {
            stack.append(place)
            while let place = stack.popLast() {
                guard entered[place] != round else { continue }
                entered[place] = round
                switch program.instructions[place] {
                case .take: waiting.append(place)
                case .jump(let target): stack.append(target)
                case .split(let first, let second):
                    stack.append(second)
                    stack.append(first)
                case .assertStart: if previous == nil { stack.append(place + 1) }
                case .assertEnd: if next == nil { stack.append(place + 1) }
                case .assertWordBoundary(let isBoundary):
                    if (Self.isWord(previous) != Self.isWord(next)) == isBoundary { stack.append(place + 1) }
                case .match: hasMatched = true
                }
            }
        }

        private static func isWord(_ point: UInt32?) -> Bool {
            point.map(CodePointSet.wordCharacters.contains) ?? false
        }
    }
}
