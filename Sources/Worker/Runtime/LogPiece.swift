/// Cuts long texts so that each piece fits into a frame.
enum LogPiece {
    /// Bytes of one piece at most: 32 KiB, well below the least limit of a frame.
    static let maximumLength = 32 << 10

    /// The longest beginning of `text`, which is valid UTF-8, that fits into a frame and cuts no character.
    static func first(of text: UnsafeRawBufferPointer) -> UnsafeRawBufferPointer {
        guard text.count > maximumLength else { return text }
        var end = maximumLength
        // Bytes that continue a character begin with the bits 10.
        while end > 0, text[end] & 0xC0 == 0x80 { end -= 1 }
        return UnsafeRawBufferPointer(rebasing: text[..<end])
    }
}
