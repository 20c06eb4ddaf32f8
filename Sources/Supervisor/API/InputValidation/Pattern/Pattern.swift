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
        var machine = PatternMachine(program)
        var previous: UInt32?
        var next = points.next()
        while true {
            machine.enter(previous: previous, next: next)
            if machine.hasMatched { return true }
            guard let point = next, machine.canGoOn else { return false }
            machine.step(point)
            previous = point
            next = points.next()
        }
    }
}
