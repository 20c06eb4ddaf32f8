/// Names one scheduled timer. A token whose timer has fired or was cancelled names nothing any more, and never a later
/// timer.
package struct TimerToken: Hashable, Sendable {
    let slot: UInt32
    let generation: UInt32
}
