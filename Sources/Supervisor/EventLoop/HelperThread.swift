import CLinux

/// Threads for what may block. They take no signals and end when their body returns.
enum HelperThread {
    private final class Body: Sendable {
        let run: @Sendable () -> Void

        init(_ run: @escaping @Sendable () -> Void) {
            self.run = run
        }
    }

    /// - Parameter name: as shown by `ps -L`; 15 bytes at most count.
    static func start(name: String, _ run: @escaping @Sendable () -> Void) throws(SystemError) {
        let body = Unmanaged.passRetained(Body(run))
        let result = cl_thread_start(
            name, { context in Unmanaged<Body>.fromOpaque(context!).takeRetainedValue().run() }, body.toOpaque())
        guard result >= 0 else {
            body.release()
            throw SystemError("pthread_create", -result)
        }
    }
}
