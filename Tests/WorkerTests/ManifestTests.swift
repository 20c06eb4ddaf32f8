import Testing
import WireProtocol
import Worker

private struct Described: HandlerInput {
    @Field("A text.", .length(1...80), .pattern("^[a-z]+$")) var text: String
    @Field("A share.", .range(0...1)) var share = 0.5
    @Field("Perhaps a number.", .range(1...)) var number: Int?
    @Field(.choices("s", "l")) var size = "s"
    @Field(.count(...4)) var tags: [String] = []
    @Field(.deprecated) var old = false
}

private enum Level: Int, Codable, CaseIterable {
    case low = 1
    case high = 9
}

/// Recursive, with everything that the compiler writes decoding for.
private struct Tree: Codable {
    struct Deeper: Codable {}

    var byte: UInt8
    var big: Int64
    var unsigned: UInt
    var level: Level
    var names: Set<String>
    var scores: [String: Float]
    var children: [Tree]
    var nothing: String?
    var deeper: Deeper?
    var free: RawJSON
}

/// Refuses what the probe offers.
private struct Picky: Codable {
    var even: Int

    init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        even = try container.decode(Int.self, forKey: .even)
        if even == 0 { throw CancellationError() }
    }
}

private struct Several: ModelWorker {
    @Streaming("Says it again.", concurrency: 4)
    var tree = { (input: Described, run: RunContext) -> [Tree] in [] }

    @Handler(name: "odd-one")
    var odd = { (input: Tree, run: RunContext, model: Int) in Float(model) }

    @Handler var anything = { (input: RawJSON, run: RunContext, model: Int) in input }

    @Handler var picky = { (input: Picky, run: RunContext) in RawJSON.null }

    @Handler var drawing = { (input: [Int], run: RunContext) in OutputFile("/tmp/x.png", mime: "image/png") }

    func setup(_ setup: SetupContext) async throws -> Int { 3 }
}

@Suite struct ManifestTests {
    private let manifest: HandlerManifest

    init() throws {
        manifest = try WorkerProgram(Several.self).manifest
    }

    private func schema(_ json: RawJSON?) throws -> JSONValue {
        try JSONValue.parse(try #require(json).bytes)
    }

    @Test func handlersAreThePropertiesInTheirOrder() throws {
        #expect(manifest.handlers.map(\.name) == ["tree", "odd-one", "anything", "picky", "drawing"])
        #expect(manifest.handlers.map(\.streaming) == [true, false, false, false, false])
        #expect(manifest.handlers.map(\.concurrency) == [4, 1, 1, 1, 1])
        #expect(manifest.handlers.map(\.description) == ["Says it again.", nil, nil, nil, nil])
        #expect(try HandlerManifest(json: manifest.json) == manifest)
    }

    @Test func fieldsSayWhatTheyAre() throws {
        let expected = try JSONValue.parse(
            #"""
            {"title":"Input","type":"object","properties":{
            "text":{"title":"Text","type":"string","x-order":0,"description":"A text.",
                "minLength":1,"maxLength":80,"pattern":"^[a-z]+$"},
            "share":{"title":"Share","type":"number","x-order":1,"default":0.5,"description":"A share.",
                "minimum":0,"maximum":1},
            "number":{"title":"Number","type":"integer","x-order":2,"nullable":true,"description":"Perhaps a number.",
                "minimum":1},
            "size":{"title":"Size","type":"string","x-order":3,"default":"s","enum":["s","l"]},
            "tags":{"title":"Tags","type":"array","items":{"type":"string"},"x-order":4,"default":[],"maxItems":4},
            "old":{"title":"Old","type":"boolean","x-order":5,"default":false,"deprecated":true}},
            "required":["text"]}
            """#)
        #expect(try schema(manifest["tree"]?.input) == expected)
    }

    @Test func plainTypesAreFoundOut() throws {
        let expected = try JSONValue.parse(
            #"""
            {"title":"Input","type":"object","properties":{
            "byte":{"title":"Byte","type":"integer","minimum":0,"maximum":255,"x-order":0},
            "big":{"title":"Big","type":"integer","x-order":1},
            "unsigned":{"title":"Unsigned","type":"integer","minimum":0,"x-order":2},
            "level":{"title":"Level","type":"integer","enum":[1,9],"x-order":3},
            "names":{"title":"Names","type":"array","items":{"type":"string"},"uniqueItems":true,"x-order":4},
            "scores":{"title":"Scores","type":"object","additionalProperties":{"type":"number"},"x-order":5},
            "children":{"title":"Children","type":"array","items":{"type":"object"},"x-order":6},
            "nothing":{"title":"Nothing","type":"string","nullable":true,"x-order":7},
            "deeper":{"title":"Deeper","type":"object","nullable":true,"x-order":8},
            "free":{"title":"Free","x-order":9}},
            "required":["byte","big","unsigned","level","names","scores","children","free"]}
            """#)
        #expect(try schema(manifest["odd-one"]?.input) == expected)
    }

    @Test func outputsAreFoundOut() throws {
        #expect(try schema(manifest["odd-one"]?.output) == JSONValue.parse(#"{"title":"Output","type":"number"}"#))
        #expect(try schema(manifest["tree"]?.output)["properties"]?["byte"]?["maximum"]?.integerValue == 255)
        #expect(manifest["anything"]?.input == nil)
        #expect(manifest["anything"]?.output == nil)
        #expect(manifest["picky"]?.output == nil)
        #expect(
            try schema(manifest["drawing"]?.output)
                == JSONValue.parse(#"{"title":"Output","type":"string","format":"uri"}"#))
        #expect(try schema(manifest["drawing"]?.input)["items"]?["type"]?.stringValue == "integer")
    }

    /// What a type asked for before it refused is all that is known, so nothing is required.
    @Test func aTypeThatRefusesIsDescribedLoosely() throws {
        let picky = try schema(manifest["picky"]?.input)
        #expect(picky["properties"]?["even"]?["type"]?.stringValue == "integer")
        #expect(picky["required"] == nil)
    }

    @Test func theManifestIsPrintedForPeople() throws {
        let program = try WorkerProgram(Several.self)
        let (text, isError, code) = CommandLineUse(["--manifest"]).answer(program, name: "several")
        #expect(!isError)
        #expect(code == .ended)
        #expect(try JSONValue.parse(text) == JSONValue.parse(manifest.json))
        #expect(text.contains("\n      \"name\": \"odd-one\",\n"))
    }

    @Test(arguments: [[], ["--what"]])
    func byHandItSaysWhatToDo(arguments: [String]) throws {
        let program = try WorkerProgram(Several.self)
        let (text, isError, code) = CommandLineUse(arguments).answer(program, name: "several")
        #expect(isError)
        #expect(code.rawValue == 64)
        #expect(text.contains("several --manifest"))
        #expect(text.contains("`odd-one`"))
    }
}
