/// What a frame says. Byte 4 of the header; the highest bit is set on all that a worker sends.
///
/// Code, name and payload of each: PROTOCOL.md § 4.
@frozen
public enum FrameType: UInt8, Sendable, CaseIterable {
    // Supervisor to worker.

    /// Version, limits, spool directory; the first frame of all.
    case supervisorHello = 0x01
    /// Start the set-up.
    case initialize = 0x02
    /// Start a run in a free slot.
    case predict = 0x10
    /// End a run early.
    case cancel = 0x11
    /// Where a file that a run asked to have uploaded can be found.
    case uploaded = 0x12
    /// Answer with a pong.
    case ping = 0x20
    /// Answer with a health result.
    case healthCheck = 0x21
    /// Take nothing new and end.
    case shutdown = 0x2F

    // Worker to supervisor.

    /// Version and capabilities; the worker's first frame.
    case workerHello = 0x81
    /// How far the set-up is.
    case loading = 0x82
    /// The set-up is done; carries the handler manifest.
    case ready = 0x83
    /// The set-up failed; the worker ends by itself.
    case setupFailed = 0x84
    /// A run has begun.
    case started = 0x90
    /// One piece of a run's output.
    case output = 0x91
    /// One piece of a run's output that is a file.
    case fileOutput = 0x92
    /// Text that a run, or the worker itself, printed.
    case log = 0x93
    /// A number, or more, that a run reports about itself.
    case metric = 0x94
    /// A run has ended; its slot is free again.
    case done = 0x95
    /// A run asks to have a file uploaded, and waits for the address.
    case upload = 0x96
    /// The worker is alive.
    case heartbeat = 0xA0
    /// The answer to a ping.
    case pong = 0xA1
    /// The answer to a health check.
    case healthResult = 0xA2

    /// Who may send it.
    public var sender: Role { rawValue < 0x80 ? .supervisor : .worker }

    /// The flags it may carry; all other bits must be zero.
    public var allowedFlags: FrameFlags {
        switch self {
        case .predict, .output: .spilled
        case .log: .standardError
        case .done: .collected
        default: []
        }
    }
}
