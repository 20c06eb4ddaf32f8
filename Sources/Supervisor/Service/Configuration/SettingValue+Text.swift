extension SettingValue {
    /// As people write it, without quotes.
    package var text: String {
        switch self {
        case .none: "none"
        case .integer(let value): String(value)
        case .bytes(let value): Quantity.text(bytes: value)
        case .duration(let value): Quantity.text(nanoseconds: value)
        case .boolean(let value): String(value)
        case .text(let value): value
        case .texts(let values): values.joined(separator: " ")
        case .addresses(let values): values.map(\.description).joined(separator: ", ")
        case .environment(let entries): entries.map(\.name).joined(separator: ", ")
        case .integers(let values): values.map(String.init).joined(separator: ",")
        case .decimal(let value): value == value.rounded() ? String(Int(value)) : String(value)
        case .limits(let limits): limits.map { "\($0.name.rawValue)=\($0.text)" }.joined(separator: ",")
        }
    }

    /// The same with relative paths of Unix sockets taken from `directory`.
    func withAbsoluteSockets(in directory: String) throws(InvalidValue) -> SettingValue {
        guard case .addresses(let addresses) = self else { return self }
        var result: [ListenAddress] = []
        for address in addresses {
            guard case .unix(let path) = address else {
                result.append(address)
                continue
            }
            let absolute = PathText.absolute(path, in: directory)
            try ListenAddress.checkLength(ofPath: absolute)
            result.append(.unix(path: absolute))
        }
        return .addresses(result)
    }
}
