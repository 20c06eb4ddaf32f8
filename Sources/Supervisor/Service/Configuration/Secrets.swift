/// Tells what must not be printed.
package enum Secrets {
    /// What stands in place of a secret.
    static let mask = "***"

    private static let words = ["key", "token", "secret", "password", "passwd", "authorization", "credential"]

    /// Whether a value by this name is likely to be a secret.
    package static func isNamed(_ name: String) -> Bool {
        let name = name.lowercased()
        return words.contains { name.contains($0) }
    }

    /// A command with the values of its secret-looking flags masked: `--api-key=X` as well as `--api-key X`.
    static func masked(_ command: [String]) -> [String] {
        var result: [String] = []
        var nextIsSecret = false
        for word in command {
            let name = word.prefix { $0 != "=" }
            let isSecretFlag = word.hasPrefix("-") && isNamed(String(name))
            if nextIsSecret, !word.hasPrefix("-") {
                result.append(mask)
            } else if isSecretFlag, name.count < word.count {
                result.append("\(name)=\(mask)")
            } else {
                result.append(word)
            }
            nextIsSecret = isSecretFlag && name.count == word.count
        }
        return result
    }
}
