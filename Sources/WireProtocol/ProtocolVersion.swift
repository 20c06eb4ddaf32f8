/// The version that a party speaks, and the rule by which two find a common one.
///
/// Same major number: the lower minor number is spoken. Different major numbers: no conversation. A minor number is
/// raised for what an older peer can do without (a new optional member, a new capability, a new frame type that is sent
/// only where the agreed version has it); everything else raises the major number.
public struct ProtocolVersion: Hashable, Comparable, Sendable, CustomStringConvertible {
    /// Changes when an older peer would misunderstand.
    public let major: Int
    /// Changes when something was added that an older peer can do without.
    public let minor: Int

    /// A version; both numbers are 0 or more.
    public init(major: Int, minor: Int) {
        self.major = major
        self.minor = minor
    }

    /// What this module speaks.
    public static let current = ProtocolVersion(major: 1, minor: 1)

    /// The version that two parties speak with each other; nil when they cannot.
    public func common(with other: ProtocolVersion) -> ProtocolVersion? {
        major == other.major ? min(self, other) : nil
    }

    /// By major, then by minor number.
    public static func < (left: ProtocolVersion, right: ProtocolVersion) -> Bool {
        (left.major, left.minor) < (right.major, right.minor)
    }

    /// `1.1`.
    public var description: String { "\(major).\(minor)" }
}
