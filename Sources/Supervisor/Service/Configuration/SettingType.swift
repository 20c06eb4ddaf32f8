import Engine

/// What values a setting takes, and how they are read from text.
package enum SettingType: Sendable, Equatable {
    case integer(ClosedRange<Int>)
    case bytes(ClosedRange<Int>)
    /// When `zeroIsOff`, 0 is allowed besides the range.
    case duration(ClosedRange<Nanoseconds>, zeroIsOff: Bool)
    case boolean
    /// One of `words`; `aliases` are other spellings of some of them.
    case choice([String], aliases: [String: String])
    /// Any text that is not empty.
    case text
    /// An IP address.
    case host
    /// A path, made absolute.
    case path
    /// An absolute `http` or `https` URL.
    case httpURL
    /// A program: a path, made absolute, or a name without slashes, to be looked up in PATH.
    case program
    /// The name of a deployment.
    case deploymentName
    /// Texts without NUL, of which there must be one at least.
    case command
    case addresses
    case environment
    /// A number that may have a fraction.
    case decimal(ClosedRange<Double>)
    /// Whole numbers, as a list; an empty one is allowed.
    case integers(ClosedRange<Int>)
    /// Texts without NUL or comma, none of them empty or there twice.
    case names
    /// One of the words, or a path, made absolute.
    case wordOrPath([String])
    /// A file mode mask: up to four octal digits in quotes.
    case mask
    /// Numbers of processors: `0-3,8`.
    case processors
    /// An object: names of resource limits to what they are set to.
    case limits

    /// What stands in place of a value in help: `--port N`.
    package var placeholder: String {
        switch self {
        case .integer: "N"
        case .bytes: "SIZE"
        case .duration: "DURATION"
        case .boolean: "BOOL"
        case .choice: "WORD"
        case .text, .command, .environment: "TEXT"
        case .host: "HOST"
        case .path: "PATH"
        case .httpURL: "URL"
        case .program: "PROGRAM"
        case .deploymentName: "NAME"
        case .addresses: "ADDRESS"
        case .decimal: "N"
        case .integers, .names, .processors, .limits: "LIST"
        case .wordOrPath: "PATH"
        case .mask: "MASK"
        }
    }

    /// What is allowed, as help and the reference say it; nil when there is nothing to say.
    package var rangeText: String? {
        switch self {
        case .integer(let range): "\(range.lowerBound) to \(range.upperBound)"
        case .bytes(let range):
            "\(Quantity.text(bytes: range.lowerBound)) to \(Quantity.text(bytes: range.upperBound))"
        case .duration(let range, let zeroIsOff):
            "\(Quantity.text(nanoseconds: range.lowerBound)) to \(Quantity.text(nanoseconds: range.upperBound))"
                + (zeroIsOff ? ", 0 = off" : "")
        case .choice(let words, _): words.joined(separator: ", ")
        case .boolean: "true, false"
        case .decimal(let range):
            "\(SettingValue.decimal(range.lowerBound).text) to \(SettingValue.decimal(range.upperBound).text)"
        case .integers(let range): "numbers from \(range.lowerBound) to \(range.upperBound)"
        case .wordOrPath(let words): "\(words.joined(separator: ", ")) or a path"
        case .mask: "000 to 777"
        case .processors: "such as 0-3,8"
        case .limits: ResourceLimit.Name.allCases.map(\.rawValue).joined(separator: ", ")
        case .text, .host, .path, .program, .httpURL, .deploymentName, .command, .addresses, .environment, .names: nil
        }
    }

    /// Reads a value from a flag or an environment variable. Paths stay as they are.
    package func parse(_ text: String, form: SettingVariable.Form = .plain) throws(InvalidValue) -> SettingValue {
        switch self {
        case .integer(let range):
            guard let value = Int(text), range.contains(value) else { throw refusal(of: text) }
            return .integer(value)
        case .bytes(let range):
            guard let value = Quantity.bytes(text), range.contains(value) else { throw refusal(of: text) }
            return .bytes(value)
        case .duration(let range, let zeroIsOff):
            guard let value = Self.duration(text, form), range.contains(value) || (zeroIsOff && value == 0) else {
                throw refusal(of: text, form)
            }
            return .duration(value)
        case .boolean:
            guard let value = Bool(text) else { throw refusal(of: text) }
            return .boolean(value)
        case .choice(let words, let aliases):
            // Other programs write their levels in capitals; there is nothing else they could mean.
            let lowercased = text.lowercased()
            let word = aliases[lowercased] ?? lowercased
            guard words.contains(word) else {
                let nearest = NearestName.of(text, among: words)
                throw InvalidValue(refusal(of: text).message, hint: nearest.map { "did you mean `\($0)`?" })
            }
            return .text(word)
        case .host:
            return .text(try ListenAddress.checkedHost(text))
        case .deploymentName:
            return .text(try Self.checkedDeploymentName(text))
        case .httpURL:
            guard DeliveryURL(text) != nil else { throw refusal(of: text) }
            return .text(text)
        case .decimal(let range):
            guard let value = Double(text), range.contains(value) else { throw refusal(of: text) }
            return .decimal(value)
        case .integers(let range):
            var values: [Int] = []
            for part in text.split(separator: ",") {
                guard let value = Int(part), range.contains(value) else { throw refusal(of: text) }
                values.append(value)
            }
            return .integers(values)
        case .names:
            return .texts(try Self.checkedNames(text.split(separator: ",").map(String.init)))
        case .mask:
            guard (1...4).contains(text.utf8.count), let value = Int(text, radix: 8), (0...0o777).contains(value) else {
                throw refusal(of: text)
            }
            return .text(text)
        case .processors:
            guard ProcessorList(text) != nil else { throw refusal(of: text) }
            return .text(text)
        case .limits:
            return .limits(try ResourceLimit.list(text))
        case .text, .path, .program, .wordOrPath:
            guard !text.isEmpty, !text.utf8.contains(0) else { throw InvalidValue("must not be empty or hold a NUL") }
            return .text(text)
        case .addresses:
            var addresses: [ListenAddress] = []
            for part in text.split(separator: ",", omittingEmptySubsequences: false) {
                addresses.append(try ListenAddress(String(part.drop { $0 == " " })))
            }
            return .addresses(addresses)
        case .command, .environment:
            throw InvalidValue("can only be given in the configuration file")
        }
    }

    /// The value with relative paths made absolute, counted from `directory`.
    func absolute(_ value: SettingValue, in directory: String) throws(InvalidValue) -> SettingValue {
        switch (self, value) {
        case (.path, .text(let path)): .text(PathText.absolute(path, in: directory))
        case (.wordOrPath(let words), .text(let path)) where !words.contains(path):
            .text(PathText.absolute(path, in: directory))
        case (.program, .text(let path)) where path.contains("/"): .text(PathText.absolute(path, in: directory))
        default: try value.withAbsoluteSockets(in: directory)
        }
    }

    /// That `text` is not what it takes.
    func refusal(of text: String, _ form: SettingVariable.Form = .plain) -> InvalidValue {
        let range: String
        switch self {
        case .bytes, .duration: range = rangeText.map { " (\($0))" } ?? ""
        default: range = ""
        }
        // The one form in which a bare number means something else than the noun says.
        let noun = form == .milliseconds ? noun.replacing("seconds", with: "milliseconds") : noun
        return InvalidValue("must be \(noun)\(range), not `\(Self.shortened(text))`")
    }

    /// What it takes, with its article.
    var noun: String {
        switch self {
        case .integer(let range): "a whole number from \(range.lowerBound) to \(range.upperBound)"
        case .bytes: "a size such as `64MiB` or a number of bytes"
        case .duration: "a duration such as `30s`, `500ms` or `5m`, or a number of seconds"
        case .boolean: "true or false"
        case .choice(let words, _): "one of \(words.joined(separator: ", "))"
        case .text, .path: "a text in quotes"
        case .httpURL: "an http or https URL in quotes"
        case .program: "a program in quotes, a path or a name"
        case .host: "an IP address in quotes"
        case .deploymentName: "a name in quotes"
        case .command: "a list of texts: the program and its arguments"
        case .addresses: "a list of addresses: `HOST:PORT`, `unix:PATH` or `systemd:NAME`"
        case .environment: "an object of texts: variable to value"
        case .decimal(let range):
            "a number from \(SettingValue.decimal(range.lowerBound).text) to \(SettingValue.decimal(range.upperBound).text)"
        case .integers(let range): "a list of whole numbers from \(range.lowerBound) to \(range.upperBound)"
        case .names: "a list of texts such as [\"0\", \"1\"]"
        case .wordOrPath(let words): "\(words.map { "`\($0)`" }.joined(separator: ", ")) or a path, in quotes"
        case .mask: "up to four octal digits in quotes, such as `022`"
        case .processors: "numbers of processors in quotes, such as `0-3,8`"
        case .limits: "an object of resource limits, such as {\"nofile\": 4096, \"core\": \"unlimited\"}"
        }
    }

    /// Names that can stand in a list with commas.
    static func checkedNames(_ names: [String]) throws(InvalidValue) -> [String] {
        guard !names.isEmpty else { throw InvalidValue("must not be empty", hint: "leave the key out to have none") }
        for (index, name) in names.enumerated() {
            guard !name.isEmpty, !name.utf8.contains(0), !name.contains(",") else {
                throw InvalidValue("must be texts without comma and NUL that are not empty, not `\(shortened(name))`")
            }
            guard !names[..<index].contains(name) else { throw InvalidValue("names `\(shortened(name))` twice") }
        }
        return names
    }

    /// Longest piece of a bad value that a message repeats.
    private static let maximumEcho = 60

    /// `text`, cut when it is too long for a message.
    static func shortened(_ text: String) -> String {
        text.count <= maximumEcho ? text : "\(text.prefix(maximumEcho))…"
    }

    private static func duration(_ text: String, _ form: SettingVariable.Form) -> Nanoseconds? {
        switch form {
        case .plain: Quantity.nanoseconds(text, plainUnit: .seconds(1))
        case .milliseconds: Quantity.nanoseconds(text, plainUnit: .milliseconds(1))
        case .wholeSeconds: UInt32(text).map { .seconds(UInt64($0)) }
        }
    }

    /// Longest name of a deployment: a DNS label, so that a name can become a host later.
    static let maximumNameLength = 63

    static func checkedDeploymentName(_ text: String) throws(InvalidValue) -> String {
        let isAllowed = { (byte: UInt8) in
            (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte)
                || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
        }
        let bytes = Array(text.utf8)
        guard let first = bytes.first, bytes.count <= maximumNameLength, isAllowed(first),
            bytes.allSatisfy({ isAllowed($0) || $0 == UInt8(ascii: "-") })
        else {
            throw InvalidValue(
                "must be 1 to \(maximumNameLength) lower-case letters, digits and inner or final dashes, not "
                    + "`\(shortened(text))`")
        }
        guard !ReservedNames.all.contains(text) else {
            throw InvalidValue(
                "cannot be `\(text)`: that word is reserved for a route of the server",
                hint: "choose another name, such as `\(text)-model`")
        }
        return text
    }
}
