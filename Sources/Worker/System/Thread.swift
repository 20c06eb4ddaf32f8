import Glibc

/// A thread of its own for what blocks: reading frames, watching the death pipe, running handlers.
enum Thread {
    /// Starts a thread that nobody joins; it ends with `body`.
    ///
    /// A worker without its threads is of no use, so a system that has none left ends the process.
    static func start(_ body: @escaping @Sendable () -> Void) {
        var attributes = pthread_attr_t()
        pthread_attr_init(&attributes)
        pthread_attr_setdetachstate(&attributes, Int32(PTHREAD_CREATE_DETACHED))
        defer { pthread_attr_destroy(&attributes) }
        var thread = pthread_t()
        let box = Unmanaged.passRetained(ThreadBody(body))
        let failure = pthread_create(&thread, &attributes, { runThread($0) }, box.toOpaque())
        if failure != 0 { fatalError("cannot start a thread: error \(failure)") }
    }
}

/// Carries a closure through the system's untyped pointer.
private final class ThreadBody: Sendable {
    let run: @Sendable () -> Void

    init(_ run: @escaping @Sendable () -> Void) { self.run = run }
}

private func runThread(_ argument: UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? {
    // Made by a thread of Swift's pool, it would block all signals: its stack could not be asked for, and programs that
    // a handler starts would not hear a SIGTERM.
    var none = sigset_t()
    sigemptyset(&none)
    pthread_sigmask(SIG_SETMASK, &none, nil)
    if let argument { Unmanaged<ThreadBody>.fromOpaque(argument).takeRetainedValue().run() }
    return nil
}
