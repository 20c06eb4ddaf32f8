import FoundationEssentials
import LanguageModel
import Worker

struct Prompt: HandlerInput {
    @Field("The text to continue; empty begins a new one.")
    var prompt = ""
    @Field(
        "How daring the choice of words is: 0 takes the likeliest, 1 writes as the text it has learnt from.",
        .range(0...2))
    var temperature = 0.8
    @Field("The most tokens to write.", .range(1...2000))
    var max_tokens = 64
    @Field("The same seed gives the same text; left out, each run differs.", .range(0...))
    var seed: Int?
    @Field("Texts before which the writing ends.", .count(...8))
    var stop: [String] = []
}

/// A worker with a small language model, which it trains at start on the text beside it.
@main
struct TextGeneration: ModelWorker {
    /// In the folder of the deployment.
    private static let corpus = "corpus.txt"

    @Streaming("Continues a text, token by token.", concurrency: 4)
    var generate = { (input: Prompt, run: RunContext, model: LanguageModel) in
        Chunks<String> { emit in try write(input, run, model, emit) }
    }

    func setup(_ setup: SetupContext) async throws -> LanguageModel {
        setup.progress(0, "reading \(Self.corpus)")
        let text = try String(contentsOfFile: Self.corpus, encoding: .utf8)
        let clock = ContinuousClock()
        let start = clock.now
        let model = LanguageModel(training: text) { setup.progress($0, "training") }
        setup.log(
            "trained on \(model.trainingTokenCount) tokens, \(model.vocabulary.count) of them different, order "
                + "\(LanguageModel.order), in \(clock.now - start)")
        return model
    }
}

/// Writes token after token; each leaves before the next one is drawn.
private func write(
    _ input: Prompt, _ run: RunContext, _ model: LanguageModel, _ emit: Emitter<String>
) throws {
    let clock = ContinuousClock()
    let start = clock.now
    var generator = SeededRandom(seed: input.seed.map { UInt64($0) } ?? UInt64.random(in: .min ... .max))
    var stop = StopFilter(input.stop)
    var tokens = Tokenizer.tokens(of: input.prompt)
    let promptCount = tokens.count
    if tokens.isEmpty { tokens = [Tokenizer.paragraph] }
    var written = 0
    while written < input.max_tokens, !stop.isStopped {
        let token = model.next(after: tokens, temperature: input.temperature, using: &generator)
        tokens.append(token)
        written += 1
        if let text = stop.receive(token) { try emit(text) }
    }
    if let rest = stop.finish() { try emit(rest) }
    let seconds =
        Double((clock.now - start).components.attoseconds) / 1e18 + Double((clock.now - start).components.seconds)
    run.log("\(written) tokens, \(Int(Double(written) / seconds)) tokens/s")
    try run.metric("prompt_tokens", promptCount)
    try run.metric("completion_tokens", written)
    try run.metric("tokens_per_second", Double(written) / seconds)
}
