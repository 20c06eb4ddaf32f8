import Glibc

/// What the process does about signals as a whole.
package enum Signals {
    /// Makes a write that nobody reads an ordinary error (`EPIPE`) instead of the end of the process. Once, at the
    /// start; children get the default back.
    package static func ignoreBrokenPipe() {
        _ = signal(SIGPIPE, SIG_IGN)
    }

    /// Makes these signals do nothing to this process.
    package static func ignore(_ signals: [ProcessSignal]) {
        for each in signals { _ = signal(each.number, SIG_IGN) }
    }

    /// Keeps SIGTERM from ending the process where nobody listens for it yet. A `SignalSource` hears it all the same.
    package static func ignoreTermination() {
        _ = signal(SIGTERM, SIG_IGN)
    }
}
