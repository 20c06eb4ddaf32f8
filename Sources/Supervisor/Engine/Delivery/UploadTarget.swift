import WireProtocol

/// Where an output file goes, and where it can be fetched then.
enum UploadTarget {
    /// What is sent without being escaped (RFC 3986 § 2.3).
    private static let unreserved = Set("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~".utf8)
    private static let digits = Array("0123456789ABCDEF".utf8)
    /// The name of a file that has none.
    private static let anonymous = "output"

    /// `BASE/NAME`: the base with exactly one slash behind it, and the last part of the name, escaped.
    static func url(base: DeliveryURL, name: String) -> String {
        let path = base.text.utf8.reversed().drop { $0 == UInt8(ascii: "/") }.reversed()
        return "\(String(decoding: Array(path), as: UTF8.self))/\(escaped(lastPart(of: name)))"
    }

    private static func lastPart(of name: String) -> String {
        let part = name.split(separator: "/").last.map(String.init) ?? anonymous
        // A URL with one of these names the folder, or the one above it.
        return part == "." || part == ".." ? anonymous : part
    }

    private static func escaped(_ text: String) -> String {
        var output: [UInt8] = []
        for byte in text.utf8 {
            if unreserved.contains(byte) {
                output.append(byte)
            } else {
                output += [UInt8(ascii: "%"), digits[Int(byte >> 4)], digits[Int(byte & 15)]]
            }
        }
        return String(decoding: output, as: UTF8.self)
    }

    /// A text that can be the value of a header: what cannot stand there is escaped as in a URL.
    static func headerValue(_ text: String) -> String {
        text.utf8.allSatisfy { (0x20...0x7E).contains($0) } ? text : escaped(text)
    }

    /// What becomes the output: what the answer names, else what was asked; without the query, which may hold the
    /// signature that allowed the upload, with the fragment.
    static func outcome(_ result: DeliveryResult) -> UploadResult.Outcome {
        switch result {
        case .answered(let answer) where answer.isSuccess: .url(withoutQuery(answer.location ?? answer.url))
        case .answered(let answer): .failed(failure("status \(answer.status)"))
        case .unreachable(let reason), .agentLost(let reason): .failed(failure(reason))
        }
    }

    /// Cog's words; that an output could not be uploaded is for the worker to say, which knows whether it is one.
    static func failure(_ reason: String) -> String { "upload request failed: \(reason)" }

    static func withoutQuery(_ url: String) -> String {
        let beforeFragment = url.prefix { $0 != "#" }
        let fragment = url[beforeFragment.endIndex...]
        return String(beforeFragment.prefix { $0 != "?" }) + fragment
    }
}
