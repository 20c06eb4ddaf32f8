/// A pattern taken apart.
package indirect enum PatternNode: Equatable {
    case empty
    case set(CodePointSet)
    case start
    case end
    /// `\b`, or `\B` when not `isBoundary`.
    case wordBoundary(isBoundary: Bool)
    case sequence([PatternNode])
    case alternatives([PatternNode])
    /// From `minimum` times to `maximum` times, nil: any number.
    case repetition(PatternNode, minimum: Int, maximum: Int?)
}
