import Testing
import WireProtocol

@Suite("Handler manifest")
struct HandlerManifestTests {
    @Test("survives writing and reading")
    func roundTrip() throws {
        let manifest = HandlerManifest(handlers: [
            HandlerDescriptor(name: "a", streaming: true, concurrency: 3, input: .emptyObject, description: "A"),
            HandlerDescriptor(name: "b"),
        ])
        #expect(try HandlerManifest(json: manifest.json) == manifest)
        #expect(manifest.slotCount == 4)
        #expect(manifest["b"]?.concurrency == 1)
        #expect(manifest["c"] == nil)
    }

    @Test("says where it is wrong")
    func error() {
        let json = Array("{\"handlers\":[{\"name\":\"a\"},{\"name\":\"b\",\"streaming\":1}]}".utf8)
        do throws(ProtocolError) {
            _ = try HandlerManifest(json: json)
            Issue.record("a number passed for a truth value")
        } catch {
            #expect(error.description == "`manifest.handlers[1].streaming` must be true or false. (badPayload)")
        }
    }

    @Test(
        "names handlers by a closed set of letters",
        arguments: [
            ("a", true), ("Generate_2.x-y", true), ("0", true), ("", false), (".a", false), ("-a", false),
            ("a b", false),
            ("a/b", false), ("é", false), ("a\n", false),
        ])
    func names(name: String, isValid: Bool) {
        #expect(HandlerDescriptor.isValidName(name) == isValid)
    }
}
