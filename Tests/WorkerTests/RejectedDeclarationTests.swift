import Glibc
import Testing

/// Declarations that must not compile, checked with the compiler itself: what streams must yield a sequence.
@Suite(.serialized) struct RejectedDeclarationTests {
    private static let streamingMessage = "a streaming handler returns a Sequence or AsyncSequence of Encodable chunks"
    private static let handlerMessage = "a handler returns one Encodable value;"

    /// Where this build has put its modules: beside the test program.
    private static let modules: String = {
        let program = CommandLine.arguments[0]
        return program.split(separator: "/").dropLast().reduce(into: program.hasPrefix("/") ? "" : ".") {
            $0 += "/\($1)"
        } + "/Modules"
    }()

    /// What the compiler has to say about a worker with one handler.
    private func diagnostics(_ handler: String) throws -> String {
        let source = """
            import Worker
            struct Item: Codable { var n = 1 }
            struct Author: ModelWorker {
                \(handler)
            }
            """
        var template = Array("/tmp/rejected-XXXXXX".utf8CString)
        try #require(mkdtemp(&template) != nil)
        let directory = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
        let file = directory + "/source.swift"
        let descriptor = open(file, O_WRONLY | O_CREAT | O_EXCL, 0o600)
        _ = Array(source.utf8).withUnsafeBytes { write(descriptor, $0.baseAddress, $0.count) }
        close(descriptor)
        let command =
            "timeout 120 swiftc -swift-version 6 -parse-as-library -typecheck -I '\(Self.modules)' '\(file)' 2>&1"
        let output = try #require(popen(command, "r"))
        var text = [UInt8](repeating: 0, count: 64 << 10)
        let count = fread(&text, 1, text.count, output)
        pclose(output)
        unlink(file)
        rmdir(directory)
        return String(decoding: text.prefix(count), as: UTF8.self)
    }

    @Test(arguments: [
        "@Streaming var one = { (input: Item, run: RunContext) in [input] }",
        "@Streaming var lines = { (input: Item, run: RunContext) in \"a b\".split(separator: \" \").map { String($0) } }",
        "@Handler var text = { (input: Item, run: RunContext) in \"text\" }",
    ])
    func goodDeclarationsCompile(handler: String) throws {
        #expect(try diagnostics(handler).isEmpty)
    }

    @Test(arguments: [
        "@Streaming var number = { (input: Item, run: RunContext) in input.n }",
        "@Streaming var text = { (input: Item, run: RunContext) in \"text\" }",
        "@Streaming(concurrency: 2) var part = { (input: Item, run: RunContext) in \"text\".prefix(2) }",
        "@Streaming var object = { (input: Item, run: RunContext) in [\"a\": 1] }",
        "@Streaming var value = { (input: Item, run: RunContext, model: Void) async throws in input }",
        "@Streaming var nothing = { (input: Item, run: RunContext) in }",
        "@Streaming var closures = { (input: Item, run: RunContext) in [{ 1 }] }",
    ])
    func whatYieldsNoSequenceDoesNotStream(handler: String) throws {
        let text = try diagnostics(handler)
        #expect(text.contains(Self.streamingMessage), "\(text)")
    }

    @Test(arguments: [
        "@Handler var stream = { (input: Item, run: RunContext) in AsyncStream<Int> { $0.finish() } }",
        "@Handler var nothing = { (input: Item, run: RunContext) in }",
        "@Handler var pairs = { (input: Item, run: RunContext) in zip([1], [2]) }",
    ])
    func aSequenceIsNoValue(handler: String) throws {
        let text = try diagnostics(handler)
        #expect(text.contains(Self.handlerMessage), "\(text)")
    }
}
