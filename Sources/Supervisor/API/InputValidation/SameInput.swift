import WireProtocol

/// Whether two inputs mean the same, as a safe retry of a PUT has to.
package enum SameInput {
    /// Whether both texts have the same value in the sense of ``InputDigest``.
    package static func areEqual(_ left: RawJSON, _ right: RawJSON) -> Bool {
        left.bytes == right.bytes || InputDigest(left) == InputDigest(right)
    }
}
