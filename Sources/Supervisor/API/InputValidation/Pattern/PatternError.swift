/// Why a pattern is refused.
package struct PatternError: Error, Equatable {
    /// What is wrong, without a full stop.
    package let message: String

    package init(_ message: String) {
        self.message = message
    }
}
