/// How often the ready workers of a deployment are looked at: often enough for the shortest time that matters there, and
/// not at all where nothing does.
package struct WatchSchedule: Equatable, Sendable {
    /// A time-out is noticed at most a quarter of it late.
    private static let looksPerTimeout: UInt64 = 4
    /// Nanoseconds between two looks at the memory. Reading it costs a few system calls for each process of a worker; what
    /// grows faster than in five seconds is the kernel's to stop.
    package static let memoryInterval: UInt64 = 5_000_000_000
    /// No look more often than this (nanoseconds), however short a time-out was set.
    private static let shortestPeriod: UInt64 = 10_000_000

    /// Nanoseconds between two looks; nil: nothing is to be watched. The first is for workers that beat.
    private var beatPeriod: UInt64?
    private var otherPeriod: UInt64?
    /// Memory is to be looked at, as a limit depends on it.
    package private(set) var watchesMemory = false
    /// Of the look to come.
    private var period: UInt64?
    private var lastLook: UInt64?
    private var lastMemoryLook: UInt64?

    package init(_ settings: SupervisionSettings) { adopt(settings) }

    /// Other settings hold from now on.
    package mutating func adopt(_ settings: SupervisionSettings) {
        let recycle = settings.recycle
        watchesMemory = recycle.softMemory > 0 || recycle.hardMemory > 0
        otherPeriod = [settings.watchdog.stallTimeout, recycle.maximumAge].compactMap(Self.period).min()
        if watchesMemory { otherPeriod = min(otherPeriod ?? Self.memoryInterval, Self.memoryInterval) }
        beatPeriod = Self.period(settings.watchdog.interval)
    }

    private static func period(_ timeout: UInt64) -> UInt64? {
        timeout > 0 ? max(timeout / looksPerTimeout, shortestPeriod) : nil
    }

    /// Nanoseconds until the next look; nil: there is nothing to look for.
    ///
    /// - Parameter areBeating: a worker is there whose heartbeats are expected.
    package mutating func next(areBeating: Bool) -> UInt64? {
        period = [areBeating ? beatPeriod : nil, otherPeriod].compactMap { $0 }.min()
        return period
    }

    /// A look. True: the last one was so long ago that the supervisor itself must have been held up, with its machine or
    /// its container; then the silence of workers says nothing.
    package mutating func looked(now: UInt64) -> Bool {
        defer { lastLook = now }
        guard let lastLook, let period, now > lastLook else { return false }
        return now - lastLook > 2 * period
    }

    /// Looks begin anew after nobody was watched.
    package mutating func paused() {
        lastLook = nil
        lastMemoryLook = nil
    }

    /// Whether memory is due to be looked at; if so it counts as looked at.
    package mutating func takeMemoryLook(now: UInt64) -> Bool {
        guard watchesMemory else { return false }
        if let lastMemoryLook, now < lastMemoryLook + Self.memoryInterval { return false }
        lastMemoryLook = now
        return true
    }
}
