/// When each of many clients that have to go is let go: one after the other, since those who come back do so at once, and
/// to the same neighbour.
package struct DepartureSpread: Sendable {
    /// Nanoseconds in which all of them go at the latest.
    package static let longest: UInt64 = 2_000_000_000
    /// Nanoseconds between two of them where there are few: five hundred new connections a second are no burden to whoever
    /// takes them over.
    package static let interval: UInt64 = 2_000_000

    private let step: UInt64
    private var count: UInt64 = 0

    /// - Parameter clients: how many will go.
    package init(clients: Int) {
        step = min(DepartureSpread.interval, DepartureSpread.longest / UInt64(max(clients, 1)))
    }

    /// Nanoseconds from now after which the next one goes; the first goes at once.
    package mutating func next() -> UInt64 {
        defer { count += 1 }
        return min(count * step, DepartureSpread.longest)
    }
}
