import Testing
import Worker

private struct NoHandlers: ModelWorker {}

private struct TwoOfOneName: ModelWorker {
    @Handler(name: "a") var first = { (input: Int, run: RunContext) in input }
    @Handler(name: "a") var second = { (input: Int, run: RunContext) in input }
}

private struct BadName: ModelWorker {
    @Handler(name: "no spaces") var first = { (input: Int, run: RunContext) in input }
}

private struct NoRuns: ModelWorker {
    @Handler(concurrency: 0) var first = { (input: Int, run: RunContext) in input }
}

private struct TooManyRuns: ModelWorker {
    @Handler(concurrency: 1000) var first = { (input: Int, run: RunContext) in input }
    @Handler(concurrency: 1000) var second = { (input: Int, run: RunContext) in input }
}

private struct WrongModel: ModelWorker {
    @Handler var first = { (input: Int, run: RunContext, model: String) in model }

    func setup(_ setup: SetupContext) async throws -> Int { 3 }
}

/// What the compiler cannot see of a worker's declarations is said at its start.
@Suite struct DeclarationTests {
    private func problem<Author: ModelWorker>(_ type: Author.Type) -> String? {
        let error = #expect(throws: WorkerProgram.DeclarationError.self) { try WorkerProgram(type) }
        return error?.description
    }

    @Test func contradictionsAreRefused() throws {
        #expect(problem(NoHandlers.self)?.contains("has no handlers") == true)
        #expect(problem(TwoOfOneName.self)?.contains("two handlers called `a`") == true)
        #expect(problem(BadName.self)?.contains("`no spaces` cannot be the name of a handler") == true)
        #expect(problem(NoRuns.self)?.contains("concurrency of `first` is 0") == true)
        #expect(problem(TooManyRuns.self)?.contains("2000 runs at once") == true)
        #expect(
            problem(WrongModel.self) == "`first` takes a model of the type String, but the set-up returns Int.")
    }

    @Test func wrappersLeaveTheClosuresCallable() async throws {
        let worker = TwoOfOneName()
        _ = worker.first
    }
}
