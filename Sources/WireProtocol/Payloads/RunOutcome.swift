/// How a run ended.
public enum RunOutcome: Equatable, Sendable {
    /// It did what it should; its output is what it sent.
    case succeeded
    /// It did not.
    case failed(RunFailure)
    /// It was ended early, as asked for by `cancel`.
    case canceled
}

extension RunOutcome {
    init(_ reader: PayloadReader) throws(ProtocolError) {
        switch try reader.string("status") {
        case "succeeded": self = .succeeded
        case "canceled": self = .canceled
        case "failed":
            self = .failed(
                RunFailure(
                    try reader.string("error"),
                    kind: try reader.optionalString("kind"),
                    isRetryable: try reader.optionalBool("retryable") ?? false))
        default: throw reader.error("status", "must be `succeeded`, `failed` or `canceled`")
        }
    }

    func append(to output: inout [UInt8]) {
        JSONWriter.openObject(in: &output)
        switch self {
        case .succeeded: JSONWriter.appendMember("status", "succeeded", to: &output)
        case .canceled: JSONWriter.appendMember("status", "canceled", to: &output)
        case .failed(let failure):
            JSONWriter.appendMember("status", "failed", to: &output)
            JSONWriter.appendMember("error", failure.error, to: &output)
            if let kind = failure.kind { JSONWriter.appendMember("kind", kind, to: &output) }
            JSONWriter.appendMember("retryable", failure.isRetryable, to: &output)
        }
        JSONWriter.closeObject(in: &output)
    }
}
