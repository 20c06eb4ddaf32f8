import FoundationEssentials
import WireProtocol

// Errors of the author's code as the supervisor is told about them.

extension RunFailure {
    /// Bytes of an error's text that are told: 8 KiB. Even when each needs an escape of six bytes, it fits into the
    /// smallest frame.
    private static let maximumTextLength = 8 << 10

    /// What a handler threw.
    init(_ error: any Error) {
        switch error {
        case let error as HandlerError:
            self.init(Self.cut(error.message), kind: Self.cut(error.kind), isRetryable: error.isRetryable)
        case let error as ConfigurationError:
            self.init(Self.cut(error.message), kind: Self.kind(of: error))
        case let error as InputError: self.init(Self.cut(error.description), kind: InputError.kind)
        default: self.init(Self.text(of: error), kind: Self.kind(of: error))
        }
    }

    /// The text of an error as people should read it.
    static func text(of error: any Error) -> String {
        cut((error as? any LocalizedError)?.errorDescription ?? "\(error)")
    }

    /// The name of an error's type, without what it lies in.
    static func kind(of error: any Error) -> String {
        cut("\(type(of: error))")
    }

    private static func cut(_ text: String) -> String {
        guard text.utf8.count > maximumTextLength else { return text }
        return String(decoding: text.utf8.prefix(maximumTextLength), as: UTF8.self) + " …"
    }
}

extension SetupFailure {
    /// What a set-up threw.
    init(_ error: any Error) {
        let failure = RunFailure(error)
        self.init(message: failure.error, kind: failure.kind)
    }
}
