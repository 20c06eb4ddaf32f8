/// Cuts text into tokens and joins them again: words, and single marks of punctuation. A token carries the blank in front
/// of it, so that the tokens of a text, one after the other, are the text.
public enum Tokenizer {
    /// The mark between two paragraphs.
    public static let paragraph = "\n\n"

    /// The tokens of the text. Any white space counts as one blank, two line ends in a row as the end of a paragraph.
    public static func tokens(of text: some StringProtocol) -> [String] {
        var tokens: [String] = []
        var word = ""
        var blank = false
        var lineEnds = 0

        func finishWord() {
            if !word.isEmpty { tokens.append(word) }
            word = ""
        }
        for character in text {
            if character.isWhitespace {
                finishWord()
                blank = true
                lineEnds += character.isNewline ? 1 : 0
                continue
            }
            if lineEnds > 1, !tokens.isEmpty {
                tokens.append(paragraph)
                blank = false
            }
            lineEnds = 0
            let isPartOfWord = character.isLetter || character.isNumber || character == "'" || character == "-"
            if !isPartOfWord || word.isEmpty || blank { finishWord() }
            let opening = blank && !tokens.isEmpty ? " " : ""
            blank = false
            if isPartOfWord {
                word += word.isEmpty ? opening + String(character) : String(character)
            } else {
                tokens.append(opening + String(character))
            }
        }
        finishWord()
        return tokens
    }
}
