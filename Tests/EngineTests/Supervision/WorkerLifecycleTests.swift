import Engine
import Testing

@Suite("Engine: stages of a worker")
struct WorkerLifecycleTests {
    enum Step {
        case hello, ready, drain, stop, exit
    }

    /// From each stage, what may come and where it leads. All else stops the program.
    static let table: [(WorkerStage, [Step: WorkerStage])] = [
        (.starting, [.hello: .loading, .stop: .stopping, .exit: .exited]),
        (.loading, [.ready: .ready, .stop: .stopping, .exit: .exited]),
        (.ready, [.drain: .draining, .stop: .stopping, .exit: .exited]),
        (.draining, [.stop: .stopping, .exit: .exited]),
        (.stopping, [.exit: .exited]),
        (.exited, [:]),
    ]

    private static func life(in stage: WorkerStage) -> WorkerLifecycle {
        var life = WorkerLifecycle(now: 1)
        let way: [Step] =
            switch stage {
            case .starting: []
            case .loading: [.hello]
            case .ready: [.hello, .ready]
            case .draining: [.hello, .ready, .drain]
            case .stopping: [.stop]
            case .exited: [.exit]
            }
        for step in way { take(step, &life, now: 1) }
        return life
    }

    private static func take(_ step: Step, _ life: inout WorkerLifecycle, now: UInt64) {
        switch step {
        case .hello: life.workerSaidHello(now: now)
        case .ready: life.workerBecameReady(now: now)
        case .drain: life.beganDraining(now: now)
        case .stop: life.beganStopping(now: now)
        case .exit: life.workerExited(now: now)
        }
    }

    @Test(arguments: table.indices)
    func transitions(_ row: Int) {
        let (stage, steps) = Self.table[row]
        for (step, next) in steps {
            var life = Self.life(in: stage)
            #expect(life.stage == stage)
            Self.take(step, &life, now: 5)
            #expect(life.stage == next)
            #expect(life.since == 5)
            #expect(life.startedAt == 1)
            #expect((life.readyAt == 5) == (next == .ready))
        }
    }

    /// The engine asks for the stage first; a call that does not fit is a fault of the engine.
    @Test func nothingFollowsTheEnd() async {
        await #expect(processExitsWith: .failure) {
            var life = WorkerLifecycle(now: 0)
            life.workerExited(now: 0)
            life.workerSaidHello(now: 1)
        }
    }
}
