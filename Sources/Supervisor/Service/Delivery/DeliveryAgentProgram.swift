import EventLoop

/// The program that sends webhooks and uploads: where it is, or why it cannot be used.
package enum DeliveryAgentProgram: Equatable, Sendable {
    case found(String)
    /// Which file was expected, and what to do.
    case missing(String)

    /// What it is called beside the server's own program.
    static let name = "supervisor-delivery"

    /// Looks at the configured path, or beside the running program.
    init(_ configured: String?) {
        let path = configured ?? ProgramFile.directory().map { "\($0)/\(Self.name)" } ?? "/\(Self.name)"
        if ProgramFile.isExecutable(path) {
            self = .found(path)
            return
        }
        self = .missing(
            "webhooks and uploads are sent by a program of their own, and \(path) is no executable file; install "
                + "`\(Self.name)` there (`swift build --product \(Self.name)` builds it), or name it with "
                + "--delivery-agent")
    }

    /// What a client or operator is told; nil: it is there.
    var problem: String? {
        switch self {
        case .found: nil
        case .missing(let text): text
        }
    }
}
