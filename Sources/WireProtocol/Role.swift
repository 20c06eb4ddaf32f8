/// The two parties on the pipes.
@frozen
public enum Role: String, Sendable {
    /// The parent, which starts workers and hands out runs.
    case supervisor
    /// The child, which does the work.
    case worker

    /// The other party.
    public var peer: Role { self == .supervisor ? .worker : .supervisor }
}
