import HTTP

/// What a request over `admin.listen` must show, as `Authorization: Bearer TOKEN`. It is never part of a text.
package struct AdminToken: Sendable, CustomStringConvertible {
    /// Fewer characters could be guessed over a network in a few years.
    package static let minimumLength = 16
    /// Longest that is sensible: a header line has room for it many times.
    package static let maximumLength = 1024

    /// Why a file holds no token. The texts do not repeat it.
    package enum Problem: Error {
        case tooShort
        case tooLong
        case notVisibleASCII

        /// Follows the name of the file.
        package var text: String {
            switch self {
            case .tooShort: "holds fewer than \(AdminToken.minimumLength) characters"
            case .tooLong: "holds more than \(AdminToken.maximumLength) characters"
            case .notVisibleASCII: "holds something else than one word of visible ASCII characters"
            }
        }
    }

    private let bytes: [UInt8]

    /// - Parameter file: the contents of the file; line ends and blanks around the token do not count.
    package init(_ file: [UInt8]) throws(Problem) {
        let isBlank = { (byte: UInt8) in byte == 0x20 || (0x09...0x0D).contains(byte) }
        var word = file[...]
        while let first = word.first, isBlank(first) { word = word.dropFirst() }
        while let last = word.last, isBlank(last) { word = word.dropLast() }
        guard word.allSatisfy({ (0x21...0x7E).contains($0) }) else { throw .notVisibleASCII }
        guard word.count >= AdminToken.minimumLength else { throw .tooShort }
        guard word.count <= AdminToken.maximumLength else { throw .tooLong }
        bytes = Array(word)
    }

    package var description: String { "***" }

    /// Whether the request shows it. Takes the same time however much of a wrong one is right.
    package func isShown(by request: Request) -> Bool {
        guard let header = request.headers.bytes("authorization") else { return false }
        let parts = header.split(separator: 0x20, maxSplits: 1)
        guard parts.count == 2, String(decoding: parts[0], as: UTF8.self).lowercased() == "bearer" else { return false }
        let shown = parts[1].drop { $0 == 0x20 }
        var difference = shown.count ^ bytes.count
        for (index, byte) in shown.enumerated() { difference |= Int(byte ^ bytes[index % bytes.count]) }
        return difference == 0
    }
}
