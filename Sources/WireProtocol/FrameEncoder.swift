/// Appends frames to a buffer.
public enum FrameEncoder {
    /// Appends one frame; its length field is taken from `payload`.
    ///
    /// The fast way for outputs and logs, whose payload is at hand as bytes. Throws (and appends nothing) when the
    /// payload is longer than `maximumPayloadLength`.
    public static func append(
        _ header: FrameHeader, payload: UnsafeRawBufferPointer, to output: inout [UInt8],
        maximumPayloadLength: Int = ProtocolLimits.maximumPayloadLength
    ) throws(ProtocolError) {
        var header = header
        header.payloadLength = try length(payload.count, of: header.type, maximumPayloadLength)
        header.append(to: &output)
        output.append(contentsOf: payload)
    }

    /// Appends one frame whose payload `write` appends; the length field is filled in afterwards.
    ///
    /// Throws, and leaves `output` as it was, when the payload turns out longer than `maximumPayloadLength`.
    static func append(
        _ header: FrameHeader, to output: inout [UInt8], maximumPayloadLength: Int, write: (inout [UInt8]) -> Void
    ) throws(ProtocolError) {
        let start = output.count
        header.append(to: &output)
        write(&output)
        do throws(ProtocolError) {
            let count = output.count - start - FrameHeader.byteCount
            let length = try length(count, of: header.type, maximumPayloadLength)
            withUnsafeBytes(of: length.littleEndian) { output.replaceSubrange(start..<start + 4, with: $0) }
        } catch {
            output.removeSubrange(start...)
            throw error
        }
    }

    /// `count` as the header has it.
    private static func length(_ count: Int, of type: FrameType, _ maximum: Int) throws(ProtocolError) -> UInt32 {
        guard count <= maximum, let length = UInt32(exactly: count) else {
            throw ProtocolError(
                .local, .payloadTooLong,
                "The payload of `\(type)` has \(count) bytes; at most \(maximum) go into a frame, more must go by file."
            )
        }
        return length
    }
}
