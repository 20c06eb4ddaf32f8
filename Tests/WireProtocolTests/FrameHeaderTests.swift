import Testing
import WireProtocol

@Suite("Frame header")
struct FrameHeaderTests {
    @Test("has the layout of PROTOCOL.md")
    func layout() {
        let header = FrameHeader(
            .predict, flags: .spilled, slot: 0x0A0B, sequence: 0x0102_0304_0506_0708, payloadLength: 0x0C0D_0E0F)
        var bytes: [UInt8] = []
        header.append(to: &bytes)
        #expect(
            bytes == [
                0x0F, 0x0E, 0x0D, 0x0C, 0x10, 0x80, 0x0B, 0x0A, 0x08, 0x07, 0x06, 0x05, 0x04, 0x03, 0x02, 0x01,
            ])
        #expect(bytes.withUnsafeBytes { FrameHeader($0) } == header)
    }

    @Test("survives writing and reading, at any alignment", arguments: FrameType.allCases)
    func roundTrip(type: FrameType) {
        let header = FrameHeader(type, flags: type.allowedFlags, slot: 7, sequence: .max, payloadLength: .max)
        for lead in 0..<8 {
            var bytes = [UInt8](repeating: 0, count: lead)
            header.append(to: &bytes)
            #expect(bytes.withUnsafeBytes { FrameHeader(UnsafeRawBufferPointer(rebasing: $0[lead...])) } == header)
        }
    }

    @Test("tells the sender by the highest bit of the type", arguments: FrameType.allCases)
    func sender(type: FrameType) {
        #expect(type.sender == (type.rawValue & 0x80 == 0 ? .supervisor : .worker))
    }
}
