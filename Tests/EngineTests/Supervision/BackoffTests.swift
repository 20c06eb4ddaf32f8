import Engine
import TestSupport
import Testing

@Suite("Engine: waits before a restart")
struct BackoffTests {
    private static let settings = RestartSettings()

    /// The table of the type's comment.
    @Test(arguments: zip([0, 1, 2, 3, 4, 5, 6, 7, 8, 64, 1_000], [0.5, 1, 2, 4, 8, 16, 32, 60, 60, 60, 60]))
    func bounds(failures: Int, seconds: Double) {
        #expect(Backoff.bound(failures: failures, Self.settings) == UInt64(seconds * 1e9))
    }

    @Test func waitsAreDrawnEvenlyUpToTheBound() {
        var generator = SeededGenerator(seed: 7)
        for failures in [0, 3, 9] {
            let bound = Backoff.bound(failures: failures, Self.settings)
            var waits: [UInt64] = []
            for _ in 0..<2_000 {
                var backoff = Backoff()
                for _ in 0..<failures { _ = Self.fail(&backoff, &generator) }
                waits.append(Self.fail(&backoff, &generator))
            }
            #expect(waits.allSatisfy { $0 <= bound })
            let mean = waits.reduce(0.0) { $0 + Double($1) } / Double(waits.count)
            #expect(abs(mean / Double(bound) - 0.5) < 0.05, "after \(failures) failures")
            #expect(waits.count { $0 < bound / 10 } > 100, "short waits come, too")
        }
    }

    private static func fail(_ backoff: inout Backoff, _ generator: inout SeededGenerator) -> UInt64 {
        backoff.workerEnded(readyTime: nil, served: 0, settings, using: &generator)
    }

    /// Failures before; how long it was ready, runs that it ended; failures after, and whether there is a wait.
    static let lives: [(before: Int, ready: UInt64?, served: UInt64, after: Int, waits: Bool)] = [
        (0, nil, 0, 1, true),
        (3, nil, 0, 4, true),
        (3, second, 0, 4, true),
        (3, 10 * second, 0, 4, true),
        (3, 10 * second + 1, 0, 4, false),
        (3, 59 * second, 0, 4, false),
        (3, 60 * second, 0, 1, false),
        (3, second, 1, 1, true),
        (3, 11 * second, 1, 1, false),
    ]

    @Test(arguments: lives.indices)
    func whatALifeMeans(_ row: Int) {
        let life = Self.lives[row]
        var backoff = Backoff()
        var generator = SeededGenerator(seed: 1)
        for _ in 0..<life.before {
            _ = backoff.workerEnded(readyTime: nil, served: 0, Self.settings, using: &generator)
        }
        let wait = backoff.workerEnded(
            readyTime: life.ready, served: life.served, Self.settings, using: &generator)
        #expect(backoff.failures == life.after)
        #expect((wait > 0) == life.waits)
        #expect(wait <= Backoff.bound(failures: life.after - 1, Self.settings))
    }

    @Test func resetForgets() {
        var backoff = Backoff()
        var generator = SeededGenerator(seed: 1)
        for _ in 0..<5 { _ = backoff.workerEnded(readyTime: nil, served: 0, Self.settings, using: &generator) }
        backoff.reset()
        #expect(backoff.failures == 0)
    }
}
