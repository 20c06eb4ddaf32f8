/// A text in which `{index}`, `{device}` and `{port}` stand for what differs from worker to worker.
///
/// `{{index}` stands for `{index}` itself. Braces around anything else but a word of lower-case letters mean nothing, so
/// that JSON and shell variables pass.
package struct PlaceTemplate: Sendable, Equatable {
    /// What can stand in braces.
    package enum Word: String, CaseIterable, Sendable {
        case index
        case device
        case port
    }

    /// Which words in braces are taken for an attempt at one.
    package enum Reading: Sendable {
        /// All, so that a misspelt one is noticed: for values that are written for this program.
        case anyWord
        /// Those that there are: a command may hold program text.
        case knownWords
    }

    private enum Part: Sendable, Equatable {
        case literal(String)
        case word(Word)
    }

    private var parts: [Part] = []
    /// Words in braces that mean nothing.
    package private(set) var unknown: [String] = []

    package init(_ text: String, _ reading: Reading) {
        var literal = ""
        var rest = Substring(text)
        while let character = rest.first {
            let isEscaped = rest.hasPrefix("{{")
            guard character == "{", let word = Self.word(in: isEscaped ? rest.dropFirst() : rest),
                reading == .anyWord || Word(rawValue: word) != nil
            else {
                literal.append(character)
                rest = rest.dropFirst()
                continue
            }
            rest = rest.dropFirst(word.count + (isEscaped ? 3 : 2))
            if isEscaped {
                literal += "{\(word)}"
            } else if let known = Word(rawValue: word) {
                if !literal.isEmpty { parts.append(.literal(literal)) }
                parts.append(.word(known))
                literal = ""
            } else {
                unknown.append(word)
                literal += "{\(word)}"
            }
        }
        if !literal.isEmpty { parts.append(.literal(literal)) }
    }

    /// The words that are used, each as often.
    package var words: [Word] {
        parts.compactMap { if case .word(let word) = $0 { word } else { nil } }
    }

    /// The text for one worker. What it does not have is empty; the configuration does not come so far.
    package func text(for place: WorkerPlace) -> String {
        parts.reduce(into: "") { text, part in
            switch part {
            case .literal(let literal): text += literal
            case .word(.index): text += String(place.index)
            case .word(.device): text += place.device ?? ""
            case .word(.port): text += place.port.map(String.init) ?? ""
            }
        }
    }

    /// The word of `{word}…`; nil when there is none.
    private static func word(in text: Substring) -> String? {
        let word = text.dropFirst().prefix { ("a"..."z").contains($0) || $0 == "_" }
        guard !word.isEmpty, text.dropFirst(word.count + 1).first == "}" else { return nil }
        return String(word)
    }
}
