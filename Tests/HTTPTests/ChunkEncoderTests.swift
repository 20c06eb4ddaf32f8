import HTTP
import Testing

@Suite struct ChunkEncoderTests {
    @Test(arguments: [
        (1, "1"), (9, "9"), (10, "a"), (15, "f"), (16, "10"), (255, "ff"), (4_096, "1000"), (0xABCDEF, "abcdef"),
        (Int.max, "7fffffffffffffff"),
    ])
    func headers(count: Int, digits: String) {
        var output: [UInt8] = []
        ChunkEncoder.appendHeader(count: count, to: &output)
        #expect(String(decoding: output, as: UTF8.self) == digits + "\r\n")
        #expect(output.count <= ChunkEncoder.maximumHeaderBytes)
    }

    @Test func wholeBodyIsReadBackByOurOwnDecoder() throws {
        var bytes = Array("POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n".utf8)
        let pieces = [1, 15, 16, 17, 300, 70_000].map { [UInt8](repeating: UInt8($0 % 251), count: $0) }
        for piece in pieces { ChunkEncoder.append(piece, to: &bytes) }
        ChunkEncoder.append([], to: &bytes)
        ChunkEncoder.appendEnd(to: &bytes)
        var parser = RequestParser(limits: HTTPLimits())
        #expect(try bytes.withUnsafeBytes { try parser.consume($0) } == bytes.count)
        #expect(parser.takeRequest().body == pieces.flatMap(\.self))
    }

    @Test func constants() {
        #expect("\(ChunkEncoder.separator)" == "\r\n")
        #expect("\(ChunkEncoder.end)" == "0\r\n\r\n")
    }
}
