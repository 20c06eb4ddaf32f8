import WireProtocol

/// What is known of the files that a run had sent away.
struct UploadAnswers {
    private var next: UInt64 = 0
    /// Answers that nobody has taken, by number.
    var results: [UInt64: UploadResult.Outcome] = [:]
    /// No answer is waited for any more.
    var isCanceled = false

    /// The number of a new request.
    mutating func begin() -> UInt64 {
        defer { next += 1 }
        return next
    }

    /// The answer, or that there will be none (`.some(nil)`); nil as long as there may be one.
    mutating func take(_ number: UInt64) -> UploadResult.Outcome?? {
        if let result = results.removeValue(forKey: number) { return .some(result) }
        return isCanceled ? .some(nil) : nil
    }
}
