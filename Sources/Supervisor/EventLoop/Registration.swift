/// Names one registration of a descriptor with a loop. Worth nothing once deregistered, and never names a later one.
package struct Registration: Hashable, Sendable {
    let slot: UInt32
    let generation: UInt32

    /// The number that the kernel keeps and hands back with each event: slot below, generation above.
    var token: UInt64 { UInt64(generation) << 32 | UInt64(slot) }

    init(slot: UInt32, generation: UInt32) {
        self.slot = slot
        self.generation = generation
    }

    init(token: UInt64) {
        slot = UInt32(truncatingIfNeeded: token)
        generation = UInt32(truncatingIfNeeded: token >> 32)
    }
}
