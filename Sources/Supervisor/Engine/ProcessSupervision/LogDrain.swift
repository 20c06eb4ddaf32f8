import WireProtocol

/// What waits until all that a worker has printed so far was read: a line between what belongs to before and to after.
///
/// Frames and printed text come through different pipes, so which of two came first is known only where one is held up
/// until the other was read to its end. A worker has one of these for each `drainLogs` that was wished for, in the order
/// of the wishes.
enum LogDrain {
    /// The set-up is done. What it printed is of the set-up.
    case ready(HandlerManifest)
    case setupFailed(SetupFailure)
    /// A run was given out, and its frame leaves after the reading. What was printed before is not its own.
    case beforeRun(slot: UInt16)
    /// The runs have said `done`. What was printed before is theirs.
    case afterRuns([FinishingRun])
}
