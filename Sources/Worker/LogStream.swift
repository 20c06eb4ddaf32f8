import WireProtocol

/// Where a line of log belongs.
public enum LogStream: Sendable {
    /// As if printed.
    case standardOutput
    /// As if printed to standard error.
    case standardError
}

extension LogStream {
    var onTheWire: LogText.Stream {
        switch self {
        case .standardOutput: .standardOutput
        case .standardError: .standardError
        }
    }
}
