import LanguageModel
import Testing

@Suite struct LanguageModelTests {
    private static let text = "the sea is cold. the sea is wide. the bread is warm and the clock is old."

    @Test(arguments: [[], ["the"], [" is"], ["the", " sea", " is"], ["never", " seen"], ["a", "b", "c", "d", "e"]])
    func chancesAddUpToOne(context: [String]) {
        let model = LanguageModel(training: Self.text)
        let chances = model.probabilities(after: context)
        #expect(abs(chances.reduce(0, +) - 1) < 1e-9)
        #expect(chances.allSatisfy { $0 > 0 })
    }

    @Test func whatWasSeenIsLikelier() {
        let model = LanguageModel(training: Self.text)
        let chances = model.probabilities(after: ["the", " sea"])
        let best = chances.indices.max { chances[$0] < chances[$1] }
        #expect(best.map { model.vocabulary[$0] } == " is")
    }

    @Test func temperatureZeroTakesTheLikeliest() {
        let model = LanguageModel(training: Self.text)
        var generator = SeededRandom(seed: 1)
        #expect(model.next(after: [" the", " sea"], temperature: 0, using: &generator) == " is")
    }

    @Test(arguments: [0.2, 1.0, 2.0]) func theSameSeedGivesTheSameText(temperature: Double) {
        let model = LanguageModel(training: Self.text)
        func text(_ seed: UInt64) -> [String] {
            var generator = SeededRandom(seed: seed)
            var tokens = ["the"]
            for _ in 0..<30 { tokens.append(model.next(after: tokens, temperature: temperature, using: &generator)) }
            return tokens
        }
        #expect(text(7) == text(7))
    }

    @Test func theChancesAreDrawnAsTheyAre() {
        let model = LanguageModel(training: Self.text)
        let chances = model.probabilities(after: [" the"])
        var generator = SeededRandom(seed: 3)
        var seen: [String: Int] = [:]
        let draws = 20_000
        for _ in 0..<draws {
            seen[model.next(after: [" the"], temperature: 1, using: &generator), default: 0] += 1
        }
        for (index, word) in model.vocabulary.enumerated() {
            #expect(abs(Double(seen[word] ?? 0) / Double(draws) - chances[index]) < 0.02, "\(word), seed 3")
        }
    }
}

@Suite struct TokenizerTests {
    @Test(arguments: [
        ("Salt, and rain.", ["Salt", ",", " and", " rain", "."]),
        ("one\n\ntwo", ["one", "\n\n", "two"]),
        ("  it's   well-made ", ["it's", " well-made"]),
        ("a (b)", ["a", " (", "b", ")"]),
        ("", []),
    ])
    func cuts(text: String, tokens: [String]) {
        #expect(Tokenizer.tokens(of: text) == tokens)
    }
}

@Suite struct StopFilterTests {
    @Test(arguments: [
        (["one", " two", " three"], [" tw"], "one"),
        (["a", "b", "c"], ["bc"], "a"),
        (["a", "b", "a", "b", "c"], ["abc"], "ab"),
        (["a", "b"], ["bc"], "ab"),
        (["x", "y"], [], "xy"),
        (["end", ".", " next"], [".", " next"], "end"),
    ])
    func endsBeforeTheStop(tokens: [String], stops: [String], shown: String) {
        var filter = StopFilter(stops)
        var text = ""
        for token in tokens { text += filter.receive(token) ?? "" }
        text += filter.finish() ?? ""
        #expect(text == shown)
    }
}
