import Engine
import Testing

@Suite("Engine: the breaker of a crash loop")
struct RestartIntensityTests {
    private static let settings = RestartSettings()

    /// Fails at each of the times; answers at which of them that was too much.
    private static func fail(
        _ intensity: inout RestartIntensity, _ times: [UInt64], _ settings: RestartSettings = settings
    ) -> [UInt64] {
        times.filter { intensity.workerFailed(settings, now: $0) }
    }

    @Test func sixInAMinuteAreTooMany() {
        var intensity = RestartIntensity()
        let tooMany = Self.fail(&intensity, (0..<5).map { $0 * second } + [59 * second, 59 * second])
        #expect(tooMany == [59 * second], "once: after that it is open already")
        #expect(intensity.state == .open)
    }

    /// The window slides: what lies behind it does not count, however long it goes on.
    @Test func fiveInAMinuteAreNot() {
        var intensity = RestartIntensity()
        #expect(Self.fail(&intensity, (0..<1_000).map { $0 * 12 * second }) == [])
        #expect(intensity.state == .closed)
    }

    @Test(arguments: [(59 * second + 999_999_999, true), (60 * second, false)])
    func theEdgeOfTheWindow(_ last: UInt64, _ opens: Bool) {
        var intensity = RestartIntensity()
        let failures = Self.fail(&intensity, [0, 1, 2, 3, 4, last])
        // The first is out of the window then, and no more than five are in it.
        #expect(failures.isEmpty != opens)
    }

    @Test func aProbeFailsOrHeals() {
        var intensity = RestartIntensity()
        intensity.gaveUp()
        intensity.probeBegan()
        #expect(Self.fail(&intensity, [0]) == [0], "one failure is enough now")
        #expect(intensity.state == .open)
        intensity.probeBegan()
        intensity.reset()
        #expect(intensity.state == .closed)
        #expect(Self.fail(&intensity, [0, 1, 2, 3, 4]) == [])
    }

    @Test func noneIsAllowed() {
        var settings = RestartSettings()
        settings.maximumFailures = 0
        var intensity = RestartIntensity()
        #expect(Self.fail(&intensity, [7], settings) == [7])
    }
}
