/// Names one process for all time: its number, which others get after it, and when it started.
package struct ProcessIdentity: Hashable, Sendable {
    package let number: Int32
    /// Clock ticks since the boot; 0: not known, then the number alone counts.
    package let startTime: UInt64

    package init(number: Int32, startTime: UInt64) {
        self.number = number
        self.startTime = startTime
    }
}
