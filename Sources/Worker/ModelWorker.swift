/// A worker: a program that loads a model once and then runs predictions, started and watched by a supervisor.
///
/// ```swift
/// import Worker
///
/// struct Prompt: HandlerInput {
///     @Field("The text to continue.") var prompt: String
///     @Field("Higher is wilder.", .range(0...2)) var temperature = 0.8
/// }
///
/// @main
/// struct TextGeneration: ModelWorker {
///     @Streaming("Continues a text, word by word.", concurrency: 4)
///     var generate = { (input: Prompt, run: RunContext, model: LanguageModel) in
///         model.words(after: input.prompt, temperature: input.temperature)
///     }
///
///     func setup(_ setup: SetupContext) async throws -> LanguageModel {
///         try await LanguageModel.load { setup.progress($0) }
///     }
/// }
/// ```
///
/// Properties marked ``Streaming`` or ``Handler`` are the worker's handlers; what ``setup(_:)`` returns is handed to
/// each of them. Several runs may be going on at once, hence everything is `Sendable`.
///
/// The program speaks to its supervisor over two pipes that the environment names. Started by hand it says so and ends
/// with status 64; with `--manifest` it prints what it can do as JSON. Other exit statuses: 0 when it was asked to end
/// or its supervisor is gone, 1 after a failed set-up, 76 when the supervisor broke the protocol, 78 when starting it again
/// would not help: its handlers are declared wrongly, or the set-up threw a ``ConfigurationError``.
///
/// Before any code of the author runs, standard input is the null device; prints to standard output and error are text
/// for the log and never disturb anything. When the supervisor dies, the process ends at once, whatever it is doing. It
/// tells the supervisor that it is alive from a thread of its own, and answers SIGQUIT with its runs and the stacks of
/// its threads on standard error.
public protocol ModelWorker: Sendable {
    /// What handlers work with: weights, tokenizers, connections; `Void` when there is nothing to load.
    associatedtype Model: Sendable = Void

    /// Makes the worker; called once, before the set-up, and for `--manifest`. Nothing should be loaded here.
    init()

    /// Loads what the handlers need. Until it returns, the worker takes no runs; when it throws, the worker ends and
    /// the supervisor tells why. It is then started again, later, unless the error is a ``ConfigurationError``.
    ///
    /// Runs on a thread of its own and may block.
    func setup(_ setup: SetupContext) async throws -> Model

    /// Throws when the worker cannot do its work any more; the error's text is shown to people.
    ///
    /// Called now and then, between and during runs. An answer that takes longer than 5 seconds counts as a bad one.
    func healthCheck(_ model: Model) async throws

    /// Name and version for the supervisor's log: `text-generation/1.2`. By default the type's name.
    static var identification: String { get }
}

extension ModelWorker where Model == Void {
    /// Nothing is loaded.
    public func setup(_ setup: SetupContext) async throws {}
}

extension ModelWorker {
    /// All is well.
    public func healthCheck(_ model: Model) async throws {}

    /// The type's name.
    public static var identification: String { "\(Self.self)" }

    /// Runs the worker until it is asked to end; never returns.
    ///
    /// `@main` calls it. The main actor stays free for the author.
    public static func main() async {
        let pipe = StandardStreams.takeOver()
        do throws(WorkerProgram.DeclarationError) {
            let program = try WorkerProgram(Self.self)
            guard let pipe else { program.useByHand(CommandLine.arguments) }
            let runtime = WorkerRuntime(program, pipe) { StandardStreams.exit($0) }
            StackDump.tell { [weak runtime] in runtime?.describeRuns() ?? [] }
            runtime.start()
        } catch {
            StandardStreams.complain("\(error)")
            StandardStreams.exit(.configuration)
        }
        // The process is ended from elsewhere.
        await withUnsafeContinuation { (_: UnsafeContinuation<Void, Never>) in }
    }
}
