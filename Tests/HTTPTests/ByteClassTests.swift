import HTTP
import Testing

/// Each of the 256 bytes at each place of the grammar, against the letters of the RFCs. Several positions in a longer
/// text, because values are searched eight bytes at a time.
@Suite struct ByteClassTests {
    private static let letters = Set("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ".utf8)
    private static let digits = Set("0123456789".utf8)
    private static let token = letters.union(digits).union("!#$%&'*+-.^_`|~".utf8)
    private static let visible = Set(UInt8(0x21)...0x7E)
    private static let aboveASCII = Set(UInt8(0x80)...0xFF)

    private static func isLegal(_ before: String, _ byte: UInt8, _ after: String) -> Bool {
        guard case .request? = Conversation.outcomes(of: Array(before.utf8) + [byte] + Array(after.utf8)).first else {
            return false
        }
        return true
    }

    /// The bytes that pass between `before` and `after`.
    private static func legal(_ before: String, _ after: String) -> Set<UInt8> {
        Set((UInt8.min ... .max).filter { isLegal(before, $0, after) })
    }

    @Test func method() {
        #expect(Self.legal("A", "B / HTTP/1.1\r\nHost: h\r\n\r\n") == Self.token)
    }

    @Test func target() {
        let expected = Self.visible.union(Self.aboveASCII).subtracting("#".utf8)
        #expect(Self.legal("GET /a", "b HTTP/1.1\r\nHost: h\r\n\r\n") == expected)
    }

    @Test func headerName() {
        // A colon makes `A:B: c`, a header named A.
        #expect(Self.legal("GET / HTTP/1.1\r\nHost: h\r\nA", "B: c\r\n\r\n") == Self.token.union(":".utf8))
    }

    @Test(arguments: [0, 1, 6, 7, 8, 9, 15, 16, 17, 23])
    func headerValue(position: Int) {
        let text = String(repeating: "ab", count: 12)
        let before = "GET / HTTP/1.1\r\nHost: h\r\nA: b" + text.prefix(position)
        let expected = Self.visible.union(Self.aboveASCII).union(" \t".utf8)
        #expect(Self.legal(before, text.dropFirst(position) + "c\r\n\r\n") == expected)
    }

    @Test func host() {
        let name = Self.letters.union(Self.digits).union("-._~%!$&'()*+;=".utf8)
        // A colon would begin a port, and `b` is none.
        #expect(Self.legal("GET / HTTP/1.1\r\nHost: a", "b\r\n\r\n") == name)
        #expect(Self.legal("GET / HTTP/1.1\r\nHost: [a", "b]\r\n\r\n") == name.union(":".utf8))
    }

    @Test func contentLength() {
        let before = "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 0"
        // Blanks around a value are no part of it.
        #expect(Self.legal(before, "\r\n\r\n") == ["0".utf8.first!, 0x20, 0x09])
        #expect(Self.legal(before, "0\r\n\r\n") == ["0".utf8.first!])
    }

    @Test func chunkSizeAndExtension() {
        let before = "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n0"
        #expect(Self.legal(before, "\r\n\r\n") == Set("0;".utf8))
        #expect(Self.legal(before + ";", "a\r\n\r\n") == Self.visible.union(Self.aboveASCII).union(" \t".utf8))
    }
}
