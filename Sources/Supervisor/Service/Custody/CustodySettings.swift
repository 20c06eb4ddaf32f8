/// What the configuration says of how processes are kept.
struct CustodySettings: Equatable, Sendable {
    /// Whether each worker gets a control group (cgroup v2) of its own.
    enum ControlGroups: Equatable, Sendable {
        /// Where the system lets us make some.
        case automatic
        case off
        /// Below this directory, or the server does not start.
        case below(String)
    }

    let controlGroups: ControlGroups
    /// The file that counts kills for want of memory, in the form of cgroup v2's `memory.events`; nil: what the system
    /// has.
    let memoryEvents: String?

    init(_ configuration: Configuration) {
        memoryEvents = configuration.memoryEvents
        switch configuration.controlGroup {
        case "auto": controlGroups = .automatic
        case "off": controlGroups = .off
        case let path: controlGroups = .below(path)
        }
    }
}
