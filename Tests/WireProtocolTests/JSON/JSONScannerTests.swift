import Testing
import TestSupport
import WireProtocol

@Suite("JSON scanner")
struct JSONScannerTests {
    @Test("accepts what RFC 8259 allows", arguments: JSONCorpus.valid)
    func valid(_ entry: JSONCase) throws {
        try JSONScanner.validate(entry.text)
        _ = try JSONValue.parse(entry.text)
    }

    @Test("refuses all else, with reason and place", arguments: JSONCorpus.invalid)
    func invalid(_ entry: JSONCase) {
        #expect(failure { () throws(JSONError) in try JSONScanner.validate(entry.text) } == entry.failure)
        #expect(failure { () throws(JSONError) in _ = try JSONValue.parse(entry.text) } == entry.failure)
    }

    @Test("refuses every beginning of a text that is not a text by itself", arguments: JSONCorpus.valid)
    func truncated(_ entry: JSONCase) {
        // A number may end anywhere, so only texts that end with a bracket or a quote are cut.
        guard let last = entry.text.last, "]}\"".utf8.contains(last) else { return }
        for end in 0..<entry.text.count where entry.text.count < 200 {
            let failure = failure { () throws(JSONError) in try JSONScanner.validate(Array(entry.text[..<end])) }
            #expect(failure != nil, "the first \(end) bytes")
        }
    }

    @Test("says line and column")
    func place() throws {
        let error = try #require(throws: JSONError.self) {
            try JSONScanner.validate(Array("{\n  \"é\": 1,\n  \"ü\" 2\n}".utf8))
        }
        #expect(error.line == 3)
        #expect(error.column == 7)
        #expect(error.description == "line 3, column 7: a colon must follow the key")
    }

    @Test("finds the members of an object as ranges")
    func members() throws {
        let text = Array(" { \"a\" : [1, 2] ,\"\\u0062\":{\"c\":null}, \"a\":3 } ".utf8)
        let members = try text.withUnsafeBytes { try JSONScanner.members(of: $0) }
        #expect(members.map(\.key) == ["a", "b", "a"])
        #expect(members.map { String(decoding: text[$0.value], as: UTF8.self) } == ["[1, 2]", "{\"c\":null}", "3"])
        #expect(
            members.map { String(decoding: text[$0.keyRange], as: UTF8.self) } == ["\"a\"", "\"\\u0062\"", "\"a\""])
    }

    @Test("finds the elements of an array as ranges")
    func elements() throws {
        let text = Array(" [ 1 , \"two\",[3] ] ".utf8)
        let elements = try text.withUnsafeBytes { try JSONScanner.elements(of: $0) }
        #expect(elements.map { String(decoding: text[$0], as: UTF8.self) } == ["1", "\"two\"", "[3]"])
        #expect(try Array("[]".utf8).withUnsafeBytes { try JSONScanner.elements(of: $0) }.isEmpty)
    }

    @Test("wants the kind of value that was asked for")
    func wrongKind() {
        let object = failure { () throws(JSONError) in
            _ = try scan("[1]") { (text) throws(JSONError) in try JSONScanner.members(of: text) }
        }
        #expect(object == JSONCase.Failure(reason: .expectedObject, offset: 0))
        let array = failure { () throws(JSONError) in
            _ = try scan(" {}") { (text) throws(JSONError) in try JSONScanner.elements(of: text) }
        }
        #expect(array == JSONCase.Failure(reason: .expectedArray, offset: 1))
    }

    @Test("counts the outer object towards the depth")
    func depthInside() {
        let text = "{\"a\":" + String(repeating: "[", count: 512)
        let failure = failure { () throws(JSONError) in
            _ = try scan(text) { (text) throws(JSONError) in try JSONScanner.members(of: text) }
        }
        #expect(failure == JSONCase.Failure(reason: .tooDeep, offset: 5 + 511))
    }

    @Test("never traps, and agrees with the parser, on mutated texts", arguments: [11, 12, 13] as [UInt64])
    func mutated(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        let alphabet = Array("{}[]\",:\\u0123456789eE+-.truefalsn \n\u{FF}".utf8) + [0x00, 0x80, 0xE2, 0xF4]
        for _ in 0..<4_000 {
            var text = JSONCorpus.valid.randomElement(using: &random)!.text
            guard text.count < 200 else { continue }
            for _ in 0..<Int.random(in: 1...3, using: &random) where !text.isEmpty {
                let place = text.indices.randomElement(using: &random)!
                switch Int.random(in: 0..<3, using: &random) {
                case 0: text[place] = alphabet.randomElement(using: &random)!
                case 1: text.insert(alphabet.randomElement(using: &random)!, at: place)
                default: text.remove(at: place)
                }
            }
            let scanned = failure { () throws(JSONError) in try JSONScanner.validate(text) }
            let parsed = failure { () throws(JSONError) in _ = try JSONValue.parse(text) }
            #expect(scanned == parsed, "seed \(seed): \(String(decoding: text, as: UTF8.self))")
        }
    }

    private func failure(_ body: () throws(JSONError) -> Void) -> JSONCase.Failure? {
        do throws(JSONError) {
            try body()
            return nil
        } catch {
            return JSONCase.Failure(reason: error.reason, offset: error.offset)
        }
    }

    private func scan<T>(
        _ text: String, _ body: (UnsafeRawBufferPointer) throws(JSONError) -> T
    ) throws(JSONError) -> T {
        let bytes = Array(text.utf8)
        let result = bytes.withUnsafeBytes { (buffer) -> Result<T, JSONError> in
            do throws(JSONError) { return .success(try body(buffer)) } catch { return .failure(error) }
        }
        return try result.get()
    }
}
