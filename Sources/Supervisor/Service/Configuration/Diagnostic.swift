/// One thing that is wrong, or odd, with the configuration, told like a compiler tells it.
package struct Diagnostic: Sendable, Equatable {
    /// Whether the server may start all the same.
    package enum Severity: String, Sendable {
        /// It may: the value was ignored.
        case warning
        /// It may not.
        case error
    }

    /// A stretch of one line of a file.
    package struct Place: Sendable, Equatable {
        /// The file as it was named.
        package let file: String
        /// From 1.
        package let line: Int
        /// From 1, counted in Unicode scalars.
        package let column: Int
        /// How many scalars of the line are meant; at least 1.
        package let length: Int
        /// The line, without its end.
        package let text: String
    }

    /// How bad it is.
    package let severity: Severity
    /// What it is about: `deployments[0].workers`, `--port`, `PORT`; nil when it is about the file as a whole.
    package let path: String?
    /// Where in a file it stands; nil when it does not come from a file.
    package let place: Place?
    /// What is wrong, as a sentence without a full stop.
    package let message: String
    /// What to do about it; may have several lines.
    package let hint: String?

    package init(
        severity: Severity = .error, path: String? = nil, at place: Place? = nil, _ message: String,
        hint: String? = nil
    ) {
        self.severity = severity
        self.path = path
        self.place = place
        self.message = message
        self.hint = hint
    }

    /// The file it stands in.
    package var file: String? { place?.file }
    /// The line it stands in, from 1.
    package var line: Int? { place?.line }
    /// The column it begins at, from 1.
    package var column: Int? { place?.column }
}

extension Diagnostic {
    /// One line without the excerpt, for a log.
    package var summary: String { (path.map { "\($0): " } ?? "") + message }
}

extension Diagnostic: CustomStringConvertible {
    /// Longest piece of a source line that is shown; a minified file has all on one line.
    private static let maximumExcerpt = 160

    /// Several lines without a final newline: head, source line with a mark below, hint.
    package var description: String {
        let head = place.map { "\($0.file):\($0.line):\($0.column)" } ?? "supervisor"
        let subject = path.map { "\($0): " } ?? ""
        var lines = ["\(head): \(severity.rawValue): \(subject)\(message)"]
        if let place, place.text.unicodeScalars.count <= Self.maximumExcerpt {
            let number = String(place.line)
            let gutter = String(repeating: " ", count: number.utf8.count)
            lines.append("  \(number) | \(place.text)")
            lines.append("  \(gutter) | \(Self.mark(for: place))")
        }
        if let hint {
            let hintLines = hint.split(separator: "\n", omittingEmptySubsequences: false)
            lines.append("  help: \(hintLines[0])")
            lines += hintLines.dropFirst().map { "  \($0)" }
        }
        return lines.joined(separator: "\n")
    }

    /// `   ^~~~` below what is meant; tabs are kept, so that the mark stands right whatever their width.
    private static func mark(for place: Place) -> String {
        let before = place.text.unicodeScalars.prefix(place.column - 1).map { $0 == "\t" ? "\t" : " " }
        return before.joined() + "^" + String(repeating: "~", count: max(0, place.length - 1))
    }
}
