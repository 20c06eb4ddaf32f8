import Engine
import EventLoop

/// Tells the service manager that started the server how it is; does nothing where none has asked. On the loop.
final class ServiceNotifier {
    private let socket: NotificationSocket
    private let loop: Loop
    private let log: (LogEntry) -> Void
    private let condition: () -> ServiceCondition
    private var notices: ServiceNotices
    private var timer: TimerToken?
    private var hasFailed = false

    /// Nil: nobody asks, or nobody can be told.
    ///
    /// - Parameters:
    ///   - environment: the process's own, with NOTIFY_SOCKET, WATCHDOG_USEC and WATCHDOG_PID.
    ///   - condition: how the server is now.
    init?(
        environment: [String: String], loop: Loop, log: @escaping (LogEntry) -> Void,
        condition: @escaping () -> ServiceCondition
    ) {
        guard let name = environment["NOTIFY_SOCKET"], !name.isEmpty else { return nil }
        do throws(SystemError) {
            socket = try NotificationSocket(name)
        } catch {
            log(LogEntry(.warning, "the service manager cannot be told anything (NOTIFY_SOCKET): \(error)"))
            return nil
        }
        self.loop = loop
        self.log = log
        self.condition = condition
        notices = ServiceNotices(environment: environment, processID: CurrentProcess.number)
    }

    /// Looks at the server and says what is new. From then on it does so by itself, in time for the manager's watchdog.
    func update() {
        let lines = notices.lines(for: condition(), now: loop.now)
        if !lines.isEmpty { send(lines.joined(separator: "\n")) }
        let due = loop.now + notices.wait(now: loop.now)
        if let timer, loop.reschedule(timer, at: due) { return }
        timer = loop.schedule(at: due) { [unowned self] in
            timer = nil
            update()
        }
    }

    private func send(_ message: String) {
        do throws(SystemError) {
            try socket.send(message)
        } catch {
            if !hasFailed { log(LogEntry(.warning, "the service manager was not told: \(error)")) }
            hasFailed = true
        }
    }
}
