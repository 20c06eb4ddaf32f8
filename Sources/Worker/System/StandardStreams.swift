// `stdout` is a global variable of C that Swift cannot know to be constant.
@preconcurrency import Glibc

/// What must happen to the inherited descriptors before any of the author's code runs, and the end of the process.
enum StandardStreams {
    /// Where the death pipe goes: high enough that programs which expect low numbers for their own files get them.
    private static let firstPrivateDescriptor: Int32 = 10

    /// Takes over the descriptors of a worker process: the death pipe away from 0, the frame pipes from children.
    ///
    /// To be called once, first of all, on the main thread. Starts the thread that ends the process with the
    /// supervisor, and installs what answers SIGQUIT: both count while the author's code loads, too.
    ///
    /// - Returns: The frame pipes; nil when this process was not started by a supervisor, and then nothing is changed.
    static func takeOver() -> WorkerPipe? {
        guard let value = getenv(WorkerPipe.environmentVariable),
            let (reading, writing) = WorkerPipe.descriptors(in: String(cString: value)),
            keepFromChildren(reading), keepFromChildren(writing)
        else { return nil }
        // The numbers mean nothing to child processes, which might think they were workers.
        unsetenv(WorkerPipe.environmentVariable)
        // A write to a pipe without reader shall fail, not kill. A handler, unlike "ignore", ends at exec: programs
        // that the author starts find the signal as they expect it.
        signal(SIGPIPE) { _ in }
        // Whole lines leave at once, though standard output is no terminal: the log follows what happens.
        setvbuf(stdout, nil, _IOLBF, 0)
        watch(moveDeathPipe())
        StackDump.install()
        return WorkerPipe(reading: reading, writing: writing)
    }

    private static func keepFromChildren(_ descriptor: Int32) -> Bool {
        let flags = fcntl(descriptor, F_GETFD)
        return flags >= 0 && fcntl(descriptor, F_SETFD, flags | FD_CLOEXEC) >= 0
    }

    /// Moves descriptor 0 out of the way and puts the null device there: whoever reads standard input finds its end at
    /// once instead of waiting for ever.
    ///
    /// - Returns: Where the death pipe is now; nil when there was none.
    private static func moveDeathPipe() -> Int32? {
        let deathPipe = fcntl(0, F_DUPFD_CLOEXEC, firstPrivateDescriptor)
        let null = open("/dev/null", O_RDONLY)
        if null > 0 {
            dup2(null, 0)
            close(null)
        }
        return deathPipe >= 0 ? deathPipe : nil
    }

    /// Ends the process as soon as the write end of the death pipe is gone, whatever the author's code is doing.
    private static func watch(_ deathPipe: Int32?) {
        guard let deathPipe else { return }
        Thread.start {
            // No event is asked for, so only the hang-up is reported; data, which should not come, is left alone.
            var request = pollfd(fd: deathPipe, events: 0, revents: 0)
            while poll(&request, 1, -1) <= 0 {}
            // Nobody is there to read what is still buffered, and the author's exit handlers might wait for somebody.
            _exit(ExitCode.ended.rawValue)
        }
    }

    /// Hands over what was printed and still lies in C's buffers.
    static func flush() {
        fflush(nil)
    }

    /// Writes to standard error, past all buffers.
    static func complain(_ text: String) {
        var text = text + "\n"
        text.withUTF8 { _ = write(2, $0.baseAddress, $0.count) }
    }

    /// Ends the process in order: buffers are flushed, exit handlers run.
    static func exit(_ code: ExitCode) -> Never {
        Glibc.exit(code.rawValue)
    }
}
