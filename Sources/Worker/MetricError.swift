/// A metric that cannot be reported; nothing was sent.
public struct MetricError: Error, Equatable, Sendable, CustomStringConvertible {
    /// What is wrong, in the words of Cog's library where it has some.
    public let description: String
}
