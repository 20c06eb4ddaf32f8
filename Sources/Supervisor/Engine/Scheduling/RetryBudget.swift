/// How many retries a deployment may make: a bucket of tokens that fills at a steady rate up to its size.
///
/// A worker that dies with every input would else double the load of a deployment that is in trouble already. First runs
/// are free; only retries take a token, and none is ever waited for.
package struct RetryBudget: Sendable {
    /// Tokens per second, and the most that it holds; 0: no limit.
    private var rate: Double
    private var burst: Double
    private var tokens: Double
    /// When (nanoseconds) `tokens` was right.
    private var counted: UInt64

    /// It is full at first.
    package init(_ settings: RetrySettings, now: UInt64) {
        rate = max(settings.budgetRate, 0)
        burst = Double(max(settings.budgetBurst, 0))
        tokens = burst
        counted = now
    }

    /// Other settings hold from now on; what it holds stays, as far as it may.
    package mutating func adopt(_ settings: RetrySettings) {
        rate = max(settings.budgetRate, 0)
        burst = Double(max(settings.budgetBurst, 0))
        tokens = min(tokens, burst)
    }

    /// Takes a token; false: there is none.
    package mutating func take(now: UInt64) -> Bool {
        guard burst > 0 else { return true }
        // Nothing is noted when it is refused: many small additions would lose a little each time.
        let available = min(burst, tokens + Double(now > counted ? now - counted : 0) / 1e9 * rate)
        guard available >= 1 else { return false }
        tokens = available - 1
        counted = max(counted, now)
        return true
    }
}
