/// One whole frame, read in place.
///
/// `payload` points into the buffer that was given to ``FrameDecoder/next(from:at:)`` or into the decoder itself: it is
/// valid until the decoder is used again or that buffer changes, whichever is first.
@frozen
public struct Frame {
    /// The header, checked for type, flags and length.
    public let header: FrameHeader
    /// The payload, not looked at yet.
    public let payload: UnsafeRawBufferPointer
    /// Where in the stream the header began, for errors about what the payload holds.
    public let offset: UInt64

    /// A frame around bytes that the caller keeps alive.
    @inlinable
    public init(header: FrameHeader, payload: UnsafeRawBufferPointer, offset: UInt64) {
        self.header = header
        self.payload = payload
        self.offset = offset
    }
}
