/// Where one header line's name and value lie in the bytes of its head.
struct HeaderField: Equatable, Sendable {
    let name: ByteRange

    /// Without the blanks around it.
    let value: ByteRange
}
