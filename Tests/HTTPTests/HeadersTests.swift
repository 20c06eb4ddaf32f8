import HTTP
import Testing

@Suite struct HeadersTests {
    private static let headers: Headers = {
        do {
            return try Request(
                .get, "/", headers: [("Accept", "a/b"), ("X-Empty", ""), ("ACCEPT", "c/d"), ("accept", "e/f")]
            ).headers
        } catch {
            preconditionFailure("These header lines are legal")
        }
    }()

    @Test func namesAreComparedWithoutCase() {
        #expect(Self.headers["accept"] == "a/b")
        #expect(Self.headers["host"] == "localhost")
        #expect(Self.headers["x-empty"] == "")
        #expect(Self.headers["x-missing"] == nil)
        #expect(Self.headers["accep"] == nil)
        #expect(Self.headers.contains("x-empty"))
        #expect(!Self.headers.contains("x-missing"))
    }

    @Test func severalLines() {
        #expect(Self.headers.values("accept") == ["a/b", "c/d", "e/f"])
        #expect(Self.headers.list("accept").map { String(decoding: $0, as: UTF8.self) } == "a/b,c/d,e/f")
        #expect(Self.headers.list("host").map { String(decoding: $0, as: UTF8.self) } == "localhost")
        #expect(Self.headers.list("x-missing") == nil)
        #expect(Self.headers.count == 5)
        #expect(Self.headers.all.map(\.name) == ["host", "Accept", "X-Empty", "ACCEPT", "accept"])
    }

    @Test func requestsMadeByHandPassTheParser() throws {
        let request = try Request(.other("get"), "/a?b", headers: [("Host", "h")], body: [1, 2])
        #expect(request.method == .other("get"))
        #expect(request.authority == "h")
        #expect(request.body == [1, 2])
        #expect(throws: HTTPError.invalidTarget) { try Request(.get, "a") }
        #expect(throws: HTTPError.incompleteRequest) { try Request(.post, "/", headers: [("content-length", "5")]) }
    }

    @Test(arguments: [
        Method.get, .head, .post, .put, .delete, .patch, .options, .trace, .other("G"), .other("OPTIONSX"),
    ])
    func methodsAreFoundByTheirNames(method: Method) throws {
        #expect(try Request(method, "/").method == method)
    }
}
