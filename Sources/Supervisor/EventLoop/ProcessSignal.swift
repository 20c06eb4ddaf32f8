import Glibc

/// A signal by its number, with the names of those that a supervisor sends and receives.
package struct ProcessSignal: Hashable, Sendable, CustomStringConvertible {
    /// The number, as in `kill -l`.
    package let number: Int32

    package init(number: Int32) {
        self.number = number
    }

    package static let hangUp = ProcessSignal(number: SIGHUP)
    package static let interrupt = ProcessSignal(number: SIGINT)
    package static let quit = ProcessSignal(number: SIGQUIT)
    package static let abort = ProcessSignal(number: SIGABRT)
    package static let kill = ProcessSignal(number: SIGKILL)
    package static let user1 = ProcessSignal(number: SIGUSR1)
    package static let user2 = ProcessSignal(number: SIGUSR2)
    package static let child = ProcessSignal(number: SIGCHLD)
    package static let segmentationFault = ProcessSignal(number: SIGSEGV)
    package static let terminate = ProcessSignal(number: SIGTERM)

    /// `SIGTERM`, or `signal 42` for one without a name here.
    package var description: String {
        switch number {
        case SIGHUP: "SIGHUP"
        case SIGINT: "SIGINT"
        case SIGQUIT: "SIGQUIT"
        case SIGILL: "SIGILL"
        case SIGTRAP: "SIGTRAP"
        case SIGABRT: "SIGABRT"
        case SIGBUS: "SIGBUS"
        case SIGFPE: "SIGFPE"
        case SIGKILL: "SIGKILL"
        case SIGUSR1: "SIGUSR1"
        case SIGSEGV: "SIGSEGV"
        case SIGUSR2: "SIGUSR2"
        case SIGPIPE: "SIGPIPE"
        case SIGALRM: "SIGALRM"
        case SIGTERM: "SIGTERM"
        case SIGCHLD: "SIGCHLD"
        case SIGXCPU: "SIGXCPU"
        case SIGXFSZ: "SIGXFSZ"
        case SIGSYS: "SIGSYS"
        default: "signal \(number)"
        }
    }
}
