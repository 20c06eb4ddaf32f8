import Service
import Testing

@Suite("Notices to the service manager")
struct ServiceNoticesTests {
    private let second: UInt64 = 1_000_000_000

    private func notices(_ environment: [String: String] = [:]) -> ServiceNotices {
        ServiceNotices(environment: environment, processID: 42)
    }

    /// The life of a service, step by step.
    @Test func life() {
        var notices = notices()
        var condition = ServiceCondition(isLoading: true, text: "not ready")
        #expect(notices.lines(for: condition, now: second) == ["STATUS=not ready", "EXTEND_TIMEOUT_USEC=30000000"])
        #expect(notices.lines(for: condition, now: 2 * second) == [])
        #expect(notices.lines(for: condition, now: 11 * second) == ["EXTEND_TIMEOUT_USEC=30000000"])
        condition = ServiceCondition(isReady: true, text: "ready")
        #expect(notices.lines(for: condition, now: 12 * second) == ["READY=1", "STATUS=ready"])
        #expect(notices.lines(for: condition, now: 13 * second) == [])
        condition.isReloading = true
        #expect(
            notices.lines(for: condition, now: 14 * second)
                == ["RELOADING=1", "MONOTONIC_USEC=14000000", "EXTEND_TIMEOUT_USEC=30000000"])
        #expect(notices.lines(for: condition, now: 15 * second) == [])
        condition.isReloading = false
        #expect(notices.lines(for: condition, now: 16 * second) == ["READY=1"])
        condition = ServiceCondition(isStopping: true, text: "draining")
        #expect(
            notices.lines(for: condition, now: 17 * second)
                == ["STOPPING=1", "STATUS=draining", "EXTEND_TIMEOUT_USEC=30000000"])
        #expect(notices.lines(for: condition, now: 18 * second) == [])
        #expect(notices.lines(for: condition, now: 27 * second) == ["EXTEND_TIMEOUT_USEC=30000000"])
    }

    /// A deployment that is lost later, or that loads again, changes the text and no more.
    @Test func readyIsSaidOnce() {
        var notices = notices()
        #expect(notices.lines(for: ServiceCondition(isReady: true), now: 1) == ["READY=1"])
        #expect(
            notices.lines(for: ServiceCondition(isLoading: true, text: "not ready"), now: 2) == ["STATUS=not ready"])
        #expect(notices.lines(for: ServiceCondition(isReady: true, text: "ready"), now: 3) == ["STATUS=ready"])
    }

    /// Before the first readiness nobody waits for the end of a reload.
    @Test func reloadDuringTheStart() {
        var notices = notices()
        #expect(notices.lines(for: ServiceCondition(isReloading: true), now: 1) == ["EXTEND_TIMEOUT_USEC=30000000"])
        #expect(notices.lines(for: ServiceCondition(isReady: true), now: 2) == ["READY=1"])
    }

    @Test func stopDuringTheStartAndDuringAReload() {
        var starting = notices()
        #expect(starting.lines(for: ServiceCondition(isStopping: true), now: 1).first == "STOPPING=1")
        #expect(starting.lines(for: ServiceCondition(isReady: true, isStopping: true), now: 2) == [])
        var reloading = notices()
        _ = reloading.lines(for: ServiceCondition(isReady: true), now: 1)
        _ = reloading.lines(for: ServiceCondition(isReloading: true), now: 2)
        #expect(reloading.lines(for: ServiceCondition(isStopping: true), now: 3) == ["STOPPING=1"])
    }

    @Test func watchdog() {
        var notices = notices(["WATCHDOG_USEC": "3000000", "WATCHDOG_PID": "42"])
        #expect(notices.watchdogInterval == 1_500_000_000)
        let idle = ServiceCondition()
        #expect(notices.lines(for: idle, now: 10 * second) == ["WATCHDOG=1"])
        #expect(notices.wait(now: 10 * second) == ServiceNotices.textInterval)
        #expect(notices.lines(for: idle, now: 11 * second) == [])
        #expect(notices.wait(now: 11 * second) == second / 2)
        #expect(notices.lines(for: idle, now: 11 * second + second / 2) == ["WATCHDOG=1"])
        #expect(notices.wait(now: 99 * second) == 0)
    }

    @Test(arguments: [
        [:], ["WATCHDOG_USEC": "0"], ["WATCHDOG_USEC": "soon"], ["WATCHDOG_USEC": "3000000", "WATCHDOG_PID": "41"],
        ["WATCHDOG_USEC": "18446744073709551615"],
    ])
    func noWatchdog(environment: [String: String]) {
        var notices = notices(environment)
        #expect(notices.watchdogInterval == nil)
        #expect(notices.lines(for: ServiceCondition(), now: 1) == [])
    }

    @Test func text() {
        let loading = ServiceText.Deployment(name: "big", ready: 0, wanted: 1, progress: 0.4)
        let echo = ServiceText.Deployment(name: "echo", ready: 2, wanted: 2, progress: 1)
        #expect(ServiceText.of("not ready", [echo, loading]) == "not ready: echo 2/2, big 0/1 (40 %)")
        #expect(ServiceText.of("ready", []) == "ready")
        #expect(ServiceText.of("ready", Array(repeating: echo, count: 10)).hasSuffix("echo 2/2, 2 more"))
    }
}
