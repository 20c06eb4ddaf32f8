/// A language model of word n-grams with interpolated Kneser-Ney smoothing (Chen and Goodman 1999, § 4.1.6).
///
/// How likely a word is after a context is its count there, less a discount, plus what the discounts left over times how
/// likely it is after the shorter context. Shorter contexts count in how many different ways a word was reached, not how
/// often: `Francisco` is frequent, but follows one word only.
public struct LanguageModel: Sendable {
    /// The longest context has one word less.
    public static let order = 4
    /// The share of each count that goes to words not seen in the context; 0.75 is the usual choice for small texts.
    private static let discount = 0.75

    private struct Context: Sendable {
        var counts: [Int32: Int32] = [:]
        var total: Int32 = 0

        mutating func add(_ word: Int32) {
            counts[word, default: 0] += 1
            total += 1
        }
    }

    /// Text of each token number.
    public let vocabulary: [String]
    private let numbers: [String: Int32]
    /// For each length of context, what followed it.
    private var contexts: [[[Int32]: Context]]
    /// How many tokens the text had.
    public let trainingTokenCount: Int

    /// Learns from a text.
    ///
    /// - Parameter progress: told how much is done, from 0 to 1.
    public init(training text: String, progress: (Double) -> Void = { _ in }) {
        let tokens = Tokenizer.tokens(of: text)
        var vocabulary: [String] = []
        var numbers: [String: Int32] = [:]
        let sequence = tokens.map { token -> Int32 in
            if let known = numbers[token] { return known }
            let number = Int32(vocabulary.count)
            numbers[token] = number
            vocabulary.append(token)
            return number
        }
        self.vocabulary = vocabulary
        self.numbers = numbers
        trainingTokenCount = sequence.count
        contexts = Array(repeating: [:], count: Self.order)
        countLongest(sequence)
        progress(1 / Double(Self.order))
        for length in (0..<(Self.order - 1)).reversed() {
            countContinuations(length)
            progress(Double(Self.order - length) / Double(Self.order))
        }
    }

    private mutating func countLongest(_ sequence: [Int32]) {
        let length = Self.order - 1
        for end in sequence.indices {
            let context = Array(sequence[max(0, end - length)..<end])
            contexts[length][context, default: Context()].add(sequence[end])
        }
    }

    /// After a context of this length: each longer context in which the word was seen counts once.
    private mutating func countContinuations(_ length: Int) {
        var shorter: [[Int32]: Context] = [:]
        for (context, following) in contexts[length + 1] where context.count == length + 1 {
            let suffix = Array(context.dropFirst())
            for word in following.counts.keys { shorter[suffix, default: Context()].add(word) }
        }
        // The very beginning of the text has no longer context, and still is a place where these words stood.
        for (context, following) in contexts[length + 1] where context.count <= length {
            for word in following.counts.keys { shorter[context, default: Context()].add(word) }
        }
        contexts[length] = shorter
    }

    // MARK: Asking

    /// How likely each token of the vocabulary is after these tokens; the sum is 1. Tokens that were never seen are
    /// forgotten together with what stands before them.
    public func probabilities(after tokens: [String]) -> [Double] {
        var known: [Int32] = []
        for token in tokens.suffix(Self.order - 1) {
            if let number = number(of: token) { known.append(number) } else { known = [] }
        }
        return probabilities(after: known)
    }

    /// A word stands in a text with a blank before it, and at its beginning without.
    private func number(of token: String) -> Int32? { numbers[token] ?? numbers[" " + token] }

    private func probabilities(after context: [Int32]) -> [Double] {
        var result = Array(repeating: 1 / Double(vocabulary.count), count: vocabulary.count)
        for length in 0...min(context.count, Self.order - 1) {
            guard let seen = contexts[length][Array(context.suffix(length))] else { continue }
            let total = Double(seen.total)
            let left = Self.discount * Double(seen.counts.count) / total
            for index in result.indices { result[index] *= left }
            for (word, count) in seen.counts { result[Int(word)] += (Double(count) - Self.discount) / total }
        }
        return result
    }

    /// The next token.
    ///
    /// - Parameters:
    ///   - temperature: 0 takes the likeliest; 1 draws as the text would have it; above, the unlikely gains.
    public func next(
        after tokens: [String], temperature: Double, using generator: inout some RandomNumberGenerator
    ) -> String {
        let chances = probabilities(after: tokens)
        guard temperature > 0 else {
            var best = 0
            for index in chances.indices where chances[index] > chances[best] { best = index }
            return vocabulary[best]
        }
        let weights = temperature == 1 ? chances : chances.map { Self.power($0, 1 / temperature) }
        var target = Double.random(in: 0..<1, using: &generator) * weights.reduce(0, +)
        for index in weights.indices {
            target -= weights[index]
            if target < 0 { return vocabulary[index] }
        }
        return vocabulary[weights.count - 1]
    }
}
