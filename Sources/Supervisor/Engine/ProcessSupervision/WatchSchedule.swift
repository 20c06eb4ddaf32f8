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

    /// Nanoseconds between two looks; nil: nothing is to be watched.
    package let period: UInt64?
    /// Memory is to be looked at, as a limit depends on it.
    package let watchesMemory: Bool
    private var lastLook: UInt64?
    private var lastMemoryLook: UInt64?

    package init(_ settings: SupervisionSettings) {
        let recycle = settings.recycle
        watchesMemory = recycle.softMemory > 0 || recycle.hardMemory > 0
        let timeouts = [settings.watchdog.interval, settings.watchdog.stallTimeout, recycle.maximumAge]
        var period = timeouts.filter { $0 > 0 }.map { max($0 / Self.looksPerTimeout, Self.shortestPeriod) }.min()
        if watchesMemory { period = min(period ?? Self.memoryInterval, Self.memoryInterval) }
        self.period = period
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
