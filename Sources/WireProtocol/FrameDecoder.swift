/// Bytes in, frames out: finds the frames of one stream, however it is cut into reads.
///
/// Whole frames are handed out in place; only a frame that is cut by the end of a read is put together in memory of the
/// decoder's own. That memory grows with what has arrived, never with what a header announces. It checks what can be
/// known from the sixteen bytes alone (type, flags, length); order is ``Session``'s, contents are the messages'.
///
/// After an error the stream has no frame borders any more: every further call throws the same error.
public struct FrameDecoder: ~Copyable {
    /// Longer payloads are refused on sight of their header. A worker learns the limit from the supervisor's hello.
    public var maximumPayloadLength: Int
    @usableFromInline var nextOffset: UInt64 = 0
    /// Whether `partial` holds anything; beside it because the inlined fast path must not touch owned memory.
    @usableFromInline var hasPartial = false
    /// The beginning of a frame that a read cut off, or the last such frame, handed out already.
    private var partial = PartialFrame()

    /// A decoder at the start of a stream.
    public init(maximumPayloadLength: Int = ProtocolLimits.maximumPayloadLength) {
        self.maximumPayloadLength = maximumPayloadLength
    }

    /// Where in the stream the next frame begins, in bytes; after an error or at the end, where the broken one began.
    public var offset: UInt64 { nextOffset }

    /// Bytes of memory held for a frame that was cut off.
    package var reservedBytes: Int { partial.capacity }

    /// Takes the next frame from `input`.
    ///
    /// Call it with the same `input` until it answers nil, then with the next read and `position` at its start.
    ///
    /// - Parameters:
    ///   - input: What a read brought.
    ///   - position: How much of `input` is used up; moved on.
    /// - Returns: A frame whose payload is valid until the next call or until `input` changes; nil when `input` is used
    ///   up and more is needed.
    @inlinable
    public mutating func next(
        from input: UnsafeRawBufferPointer, at position: inout Int
    ) throws(ProtocolError) -> Frame? {
        let available = input.count &- position
        if !hasPartial, available >= FrameHeader.byteCount {
            let start = UnsafeRawBufferPointer(rebasing: input[position...])
            if let header = FrameHeader(start), isAcceptable(header) {
                let total = FrameHeader.byteCount &+ Int(header.payloadLength)
                if total <= available {
                    let payload = UnsafeRawBufferPointer(rebasing: start[FrameHeader.byteCount..<total])
                    let frame = Frame(header: header, payload: payload, offset: nextOffset)
                    position &+= total
                    nextOffset &+= UInt64(total)
                    return frame
                }
            }
        }
        return try assemble(from: input, at: &position)
    }

    /// Says that the stream has ended: an error if it ended inside a frame.
    public func finish() throws(ProtocolError) {
        guard partial.isUnfinished else { return }
        throw ProtocolError(
            .remote, .truncatedFrame, at: nextOffset,
            "The stream ended after \(partial.count) bytes of a frame; whole frames must be written before closing.")
    }

    /// Whether the sixteen bytes are sound: what ``fault(of:)`` finds nothing against.
    @inlinable
    func isAcceptable(_ header: FrameHeader) -> Bool {
        Int(header.payloadLength) <= maximumPayloadLength
            && (header.flags.rawValue == 0 || header.type.allowedFlags.isSuperset(of: header.flags))
    }

    /// The way of frames that are cut off or broken: through memory of our own.
    @usableFromInline
    mutating func assemble(
        from input: UnsafeRawBufferPointer, at position: inout Int
    ) throws(ProtocolError) -> Frame? {
        if partial.isHandedOut {
            partial.clear()
            hasPartial = false
            return try next(from: input, at: &position)
        }
        position += partial.fill(upTo: FrameHeader.byteCount, from: input, at: position)
        hasPartial = partial.count > 0
        guard partial.count >= FrameHeader.byteCount else { return nil }
        let header = try checkedHeader()
        let total = FrameHeader.byteCount + Int(header.payloadLength)
        position += partial.fill(upTo: total, from: input, at: position)
        guard partial.count == total else { return nil }
        let payload = UnsafeRawBufferPointer(rebasing: partial.handOut()[FrameHeader.byteCount...])
        let frame = Frame(header: header, payload: payload, offset: nextOffset)
        nextOffset += UInt64(total)
        return frame
    }

    /// The header of the partial frame, or what is wrong with it.
    private func checkedHeader() throws(ProtocolError) -> FrameHeader {
        guard let header = FrameHeader(partial.bytes) else {
            throw ProtocolError(
                .remote, .unknownType, at: nextOffset,
                "The type \(hexadecimal(partial.bytes[4])) is unknown; "
                    + "version \(ProtocolVersion.current) has no such frame.")
        }
        guard header.type.allowedFlags.isSuperset(of: header.flags) else {
            throw ProtocolError(
                .remote, .forbiddenFlag, at: nextOffset,
                "The flags \(hexadecimal(header.flags.rawValue)) of `\(header.type)` must be within "
                    + "\(hexadecimal(header.type.allowedFlags.rawValue)).")
        }
        guard Int(header.payloadLength) <= maximumPayloadLength else {
            throw ProtocolError(
                .remote, .payloadTooLong, at: nextOffset,
                "The payload of `\(header.type)` is announced with \(header.payloadLength) bytes; "
                    + "at most \(maximumPayloadLength) are allowed.")
        }
        return header
    }
}

/// `0x0A` for 10.
func hexadecimal(_ byte: UInt8) -> String {
    let digits = String(byte, radix: 16, uppercase: true)
    return "0x" + (digits.utf8.count == 1 ? "0" : "") + digits
}
