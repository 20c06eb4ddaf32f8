/// What to tell a service manager, and when (sd_notify(3)). Pure: what is the case and the time come in, lines go out.
///
/// - `READY=1` when the server is ready for the first time, and again after each `RELOADING=1`.
/// - `STATUS=` whenever the text has changed.
/// - `WATCHDOG=1` in half the time that the manager allows. Whoever calls `lines` does so from the loop that does all the
///   work, so a loop that stands still is silent here, too.
/// - `EXTEND_TIMEOUT_USEC=` while workers load, while the configuration is reloaded and while predictions are brought to
///   their end: these have time limits of their own, and take as long as a model takes.
package struct ServiceNotices {
    /// Nanoseconds by which a time-out of the manager is extended, and between two extensions: three can be late before
    /// the time is over.
    package static let timeExtension: UInt64 = 30_000_000_000
    package static let extensionInterval: UInt64 = 10_000_000_000
    /// Nanoseconds after which the text is looked at again when nothing else has happened: a person reads it.
    package static let textInterval: UInt64 = 1_000_000_000

    /// Nanoseconds between two signs of life; nil: the manager does not watch.
    package let watchdogInterval: UInt64?
    private var last = ServiceCondition()
    private var hasBeenReady = false
    private var hasSaidReloading = false
    private var hasSaidStopping = false
    private var nextWatchdog: UInt64 = 0
    private var nextExtension: UInt64 = 0

    /// - Parameter environment: the process's own; a WATCHDOG_PID of another process means that the time is not ours.
    package init(environment: [String: String], processID: Int32) {
        let isMeant = environment["WATCHDOG_PID"].map { $0 == String(processID) } ?? true
        let microseconds = environment["WATCHDOG_USEC"].flatMap { UInt64($0) } ?? 0
        // A time of years would overflow, and asks for nothing.
        watchdogInterval = isMeant && microseconds > 0 && microseconds < 1 << 50 ? microseconds * 1_000 / 2 : nil
    }

    /// What to send now; empty: nothing.
    package mutating func lines(for condition: ServiceCondition, now: UInt64) -> [String] {
        var lines: [String] = []
        if condition.isStopping, !hasSaidStopping {
            hasSaidStopping = true
            lines.append("STOPPING=1")
        }
        if !hasSaidStopping { appendReadiness(condition, now, to: &lines) }
        if condition.text != last.text { lines.append("STATUS=\(condition.text)") }
        if let watchdogInterval, now >= nextWatchdog {
            nextWatchdog = now + watchdogInterval
            lines.append("WATCHDOG=1")
        }
        let needsTime = condition.isStopping || condition.isReloading || (condition.isLoading && !hasBeenReady)
        if !needsTime {
            nextExtension = 0
        } else if now >= nextExtension {
            nextExtension = now + Self.extensionInterval
            lines.append("EXTEND_TIMEOUT_USEC=\(Self.timeExtension / 1_000)")
        }
        last = condition
        return lines
    }

    private mutating func appendReadiness(_ condition: ServiceCondition, _ now: UInt64, to lines: inout [String]) {
        if !hasBeenReady, condition.isReady, !condition.isReloading {
            hasBeenReady = true
            lines.append("READY=1")
        }
        // Before it was ready for the first time, a reload is a part of the start.
        guard hasBeenReady, condition.isReloading != hasSaidReloading else { return }
        hasSaidReloading = condition.isReloading
        if condition.isReloading {
            lines += ["RELOADING=1", "MONOTONIC_USEC=\(now / 1_000)"]
        } else {
            lines.append("READY=1")
        }
    }

    /// How long (nanoseconds) until `lines` should be called at the latest.
    package func wait(now: UInt64) -> UInt64 {
        guard watchdogInterval != nil else { return Self.textInterval }
        return min(Self.textInterval, nextWatchdog > now ? nextWatchdog - now : 0)
    }
}
