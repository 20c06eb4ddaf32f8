/// The stages of one life of a worker.
package enum WorkerStage: String, Sendable {
    /// The process is being started, or runs and has not said hello. → loading, stopping, exited
    case starting
    /// It has said hello and sets itself up. → ready, stopping, exited
    case loading
    /// It takes predictions. → draining, stopping, exited
    case ready
    /// It finishes its runs and gets no more. → stopping, exited
    case draining
    /// It was told to end, or is being made to. → exited
    case stopping
    /// The process is gone and all it wrote was read; what it has left behind is being ended.
    case exited

    /// It takes predictions, or is to.
    var mayServe: Bool { self == .starting || self == .loading || self == .ready }
}

/// One life of a worker, from its start to its end. No other place changes a stage.
///
/// Each stage is entered once and never returned to. What a worker says at the wrong time is not its business: whoever
/// calls looks at `stage` first, and a call that does not fit stops the program.
package struct WorkerLifecycle: Equatable, Sendable {
    package private(set) var stage = WorkerStage.starting
    /// Nanoseconds: when this stage began, when the process was started, when it became ready.
    package private(set) var since: UInt64
    package let startedAt: UInt64
    package private(set) var readyAt: UInt64?
    /// It takes frames.
    package private(set) var saidHello = false

    package init(now: UInt64) {
        startedAt = now
        since = now
    }

    package mutating func workerSaidHello(now: UInt64) {
        enter(.loading, from: [.starting], now)
        saidHello = true
    }

    package mutating func workerBecameReady(now: UInt64) {
        enter(.ready, from: [.loading], now)
        readyAt = now
    }

    package mutating func beganDraining(now: UInt64) { enter(.draining, from: [.ready], now) }

    package mutating func beganStopping(now: UInt64) {
        enter(.stopping, from: [.starting, .loading, .ready, .draining], now)
    }

    package mutating func workerExited(now: UInt64) {
        enter(.exited, from: [.starting, .loading, .ready, .draining, .stopping], now)
    }

    private mutating func enter(_ next: WorkerStage, from allowed: Set<WorkerStage>, _ now: UInt64) {
        precondition(allowed.contains(stage), "the engine asks for the stage first: \(stage) does not become \(next)")
        stage = next
        since = now
    }
}
