import CLinux
import Glibc

/// Turns signals into events of the loop. They are blocked for the calling thread from then on (also after `close()`):
/// make it on the loop's thread before any other thread is started, since a thread that does not block them would
/// still take them. The threads of this module take no signals.
package final class SignalSource: EventHandler {
    private let loop: Loop
    private var descriptor: FileDescriptor?
    private var registration: Registration?
    private var received: ((ProcessSignal) -> Void)?

    /// - Parameter received: called on the loop's thread, once for each delivered signal. (The kernel keeps one of each
    ///   number waiting; more of the same merge.)
    package init(
        on loop: Loop, for signals: [ProcessSignal] = [.terminate, .interrupt, .hangUp],
        received: @escaping (ProcessSignal) -> Void
    ) throws(SystemError) {
        self.loop = loop
        let numbers = signals.map(\.number)
        let raw = cl_signalfd_create(numbers, Int32(numbers.count))
        guard raw >= 0 else { throw SystemError("signalfd", -raw) }
        descriptor = FileDescriptor(adopting: raw)
        self.received = received
        registration = try loop.register(raw, .readable, handler: self)
    }

    package func ready(_ readiness: Readiness) {
        while let raw = descriptor?.raw {
            let number = cl_signalfd_read(raw)
            guard number > 0 else { return }
            received?(ProcessSignal(number: number))
        }
    }

    /// Hears no more signals; they stay blocked. Doing it twice does nothing.
    package func close() {
        if let registration { loop.deregister(registration) }
        registration = nil
        descriptor = nil
        received = nil
    }
}
