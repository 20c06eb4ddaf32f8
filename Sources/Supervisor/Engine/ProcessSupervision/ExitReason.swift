/// Why one life of a worker ended, in one word: what the restart policy, operators and metrics go by. The evidence stands
/// beside it in an `ExitRecord`.
package enum ExitReason: String, CaseIterable, Sendable {
    /// Status 0, or another one of `restart.exit_codes_ok`, without having been asked.
    case ok
    /// Another exit status.
    case error
    /// A signal that the supervisor did not send.
    case signal
    /// The kernel killed it for want of memory.
    case oom
    /// It used more memory than `memory_limit` and was ended.
    case memory
    /// It gave no heartbeat in time, or a run was silent for too long, and it was ended.
    case watchdog
    /// It broke the protocol and was ended, or closed its pipe and did not exit.
    case `protocol`
    /// It exited with status 78 or another one of `restart.exit_codes_fatal`, or the configuration asks for what it does
    /// not offer: starting it again would not help.
    case config
    /// It said that its set-up failed.
    case setup
    /// It was not ready in time.
    case loadTimeout = "load_timeout"
    /// The process could not be started.
    case spawn
    /// A run did not end after it was cancelled, and the worker was ended for it.
    case cancel
    /// It was replaced: it had served long enough, or held too much memory.
    case recycle
    /// It was replaced by one with a new configuration.
    case reload
    /// An operator, the drain or a smaller `workers` ended it.
    case stopped
    /// It was ended since another member of its group had ended.
    case group
}
