/// Turns JSON with comments into JSON of the same length: each byte of a comment becomes a space, so that every place
/// in the result is the same place in the file.
package enum CommentStripper {
    /// The text without comments, or the offset of a `/*` that nobody closes.
    package static func strip(_ text: [UInt8]) -> (text: [UInt8], unterminated: Int?) {
        var result = text
        var position = 0
        while position < text.count {
            switch text[position] {
            case UInt8(ascii: "\""):
                position = endOfString(in: text, from: position)
            case UInt8(ascii: "/") where position + 1 < text.count && text[position + 1] == UInt8(ascii: "/"):
                let end = text[position...].firstIndex { $0 == UInt8(ascii: "\n") } ?? text.count
                blank(position..<end, in: &result)
                position = end
            case UInt8(ascii: "/") where position + 1 < text.count && text[position + 1] == UInt8(ascii: "*"):
                guard let end = endOfBlock(in: text, from: position + 2) else { return (result, position) }
                blank(position..<end, in: &result)
                position = end
            default:
                position += 1
            }
        }
        return (result, nil)
    }

    /// Behind the closing quote of the string that begins at `start`, or the end of the text.
    private static func endOfString(in text: [UInt8], from start: Int) -> Int {
        var position = start + 1
        while position < text.count, text[position] != UInt8(ascii: "\"") {
            // A line's end inside a string is an error that the scanner reports; stopping here keeps it readable.
            if text[position] == UInt8(ascii: "\n") { return position }
            position += text[position] == UInt8(ascii: "\\") ? 2 : 1
        }
        return min(position + 1, text.count)
    }

    private static func endOfBlock(in text: [UInt8], from start: Int) -> Int? {
        var position = start
        while position + 1 < text.count {
            if text[position] == UInt8(ascii: "*"), text[position + 1] == UInt8(ascii: "/") { return position + 2 }
            position += 1
        }
        return nil
    }

    private static func blank(_ range: Range<Int>, in text: inout [UInt8]) {
        for index in range where text[index] != UInt8(ascii: "\n") && text[index] != UInt8(ascii: "\r") {
            text[index] = UInt8(ascii: " ")
        }
    }
}
