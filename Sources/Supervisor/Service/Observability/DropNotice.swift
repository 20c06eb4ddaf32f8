/// Decides when the log says how many of its lines were dropped.
///
/// While lines are being dropped, every notice pushes out older ones, earlier notices among them. So a notice says how
/// many it were in all, and there is at most one in a second.
package struct DropNotice {
    /// Nanoseconds between two notices.
    package static let interval: UInt64 = 1_000_000_000

    private var told: UInt64 = 0
    private var toldAt: UInt64?

    package init() {}

    /// To be asked before a line is written.
    ///
    /// - Parameters:
    ///   - dropped: lines that were dropped since the start.
    ///   - wall: nanoseconds since 1970; may jump.
    /// - Returns: the text of a notice; nil: none is due.
    package mutating func text(dropped: UInt64, wall: UInt64) -> String? {
        guard dropped > told else { return nil }
        if let toldAt, wall >= toldAt, wall - toldAt < DropNotice.interval { return nil }
        toldAt = wall
        return lastText(dropped: dropped)
    }

    /// To be asked at the end, when no other comes; nil: all was told.
    package mutating func lastText(dropped: UInt64) -> String? {
        guard dropped > told else { return nil }
        told = dropped
        return "\(dropped) log lines were dropped so far: nobody reads standard error"
    }
}
