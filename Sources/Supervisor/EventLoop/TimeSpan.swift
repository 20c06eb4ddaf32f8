/// Lengths of time in nanoseconds, the unit of every deadline in this module.
package enum TimeSpan {
    package static let microsecond: UInt64 = 1_000
    package static let millisecond: UInt64 = 1_000_000
    package static let second: UInt64 = 1_000_000_000
}
