/// Why a pattern is refused.
struct PatternError: Error, Equatable {
    /// What is wrong, without a full stop.
    let message: String

    init(_ message: String) {
        self.message = message
    }
}
