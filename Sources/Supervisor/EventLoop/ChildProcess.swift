import CLinux
import Glibc

/// Starts, signals and reaps worker processes. On the loop's thread.
package enum ChildProcess {
    /// The buffer of the pipe that a worker writes its frames to: a burst of tokens neither blocks the worker nor costs
    /// a wake-up each. One MiB is what an unprivileged process may ask for by default (`fs.pipe-max-size`).
    package static let framePipeCapacity: Int32 = 1 << 20

    /// Starts a worker and answers when it has executed its program (about 0.1 ms, during which this thread stands
    /// still).
    ///
    /// The child gets a session and process group of its own, no blocked and no ignored signals (but for those that the
    /// request names), its soft descriptor limit from before `DescriptorLimit.raise()`, what the request's options
    /// say (the parent's umask, priority, limits and user where they say nothing), and exactly five descriptors: 0 the
    /// death pipe, 1 and 2 its logs, 3 to read frames from, 4 to write frames to.
    ///
    /// - Throws: the step that failed as `call`: `chdir` for the working directory, `setrlimit`, `setpriority`,
    ///   `sched_setaffinity`, `setgroups`, `setgid` and `setuid` for the options, `cgroup` for the control group, `execve` for the program (`ENOENT`:
    ///   found nowhere, or its interpreter is missing; `EACCES`: not executable; `ENOEXEC`: no program), `pipe2` with
    ///   `EMFILE`, … No child is left behind.
    package static func spawn(_ request: SpawnRequest) throws(SystemError) -> SpawnedProcess {
        let input = try Pipe()
        let output = try Pipe()
        let error = try Pipe()
        let toWorker = try Pipe()
        let fromWorker = try Pipe(capacity: framePipeCapacity)
        try output.reading.makeNonBlocking()
        try error.reading.makeNonBlocking()
        try toWorker.writing.makeNonBlocking()
        try fromWorker.reading.makeNonBlocking()

        let descriptors = [
            input.reading.raw, output.writing.raw, error.writing.raw, toWorker.reading.raw, fromWorker.writing.raw,
        ]
        let result = try start(request, descriptors)
        return SpawnedProcess(
            pid: result.pid,
            pidfd: FileDescriptor(adopting: result.pidfd),
            standardInput: input.writing,
            standardOutput: output.reading,
            standardError: error.reading,
            toWorker: toWorker.writing,
            fromWorker: fromWorker.reading)
    }

    /// How the process behind the pidfd ended; `nil` while it runs. Once only: a second call throws `ECHILD`.
    package static func reap(_ pidfd: Int32) throws(SystemError) -> ProcessEnding? {
        var ending = cl_exit()
        let result = cl_reap(pidfd, &ending)
        guard result >= 0 else { throw SystemError("waitid", -result) }
        guard result > 0 else { return nil }
        disown(ending.pid)
        let status: ExitStatus =
            ending.was_signaled != 0
            ? .signaled(ProcessSignal(number: ending.value), coreDumped: ending.dumped_core != 0)
            : .exited(code: ending.value)
        return ProcessEnding(
            status: status,
            userTime: UInt64(ending.user_microseconds) * TimeSpan.microsecond,
            systemTime: UInt64(ending.system_microseconds) * TimeSpan.microsecond,
            peakResidentBytes: UInt64(ending.peak_resident_kibibytes) * 1_024)
    }

    /// Signals the process group that `pid` leads: the worker and all its descendants that stayed in the group. False
    /// when the group is empty.
    ///
    /// The number is safe as long as the worker has not been reaped, dead or not. So to reach what a dead worker left
    /// behind: first this with `.kill`, then `reap`. Afterwards the number may belong to somebody else.
    @discardableResult
    package static func signalGroup(_ pid: Int32, _ signal: ProcessSignal) -> Bool {
        precondition(pid > 1, "0 and 1 would name our own group and everybody")
        return kill(-pid, signal.number) == 0
    }

    /// Signals the process alone, which must not have been reaped: the number is safe that long.
    package static func signalProcess(_ pid: Int32, _ signal: ProcessSignal) {
        precondition(pid > 1, "0 and 1 would name our own group and everybody")
        _ = kill(pid, signal.number)
    }

    // MARK: - Starting

    /// `descriptors[i]` becomes the child's descriptor i. They must stay open until this returns.
    static func start(_ request: SpawnRequest, _ descriptors: [Int32]) throws(SystemError) -> cl_spawn_result {
        let subject = request.arguments.first
        let names = request.environment.map(\.name)
        guard
            let arguments = CStringVector(request.arguments),
            let environment = CStringVector(request.environmentEntries()),
            let candidates = CStringVector(request.candidates()),
            let directories = CStringVector(request.workingDirectory.map { [$0] } ?? []),
            !request.arguments.isEmpty, !names.contains(where: { $0.isEmpty || $0.contains("=") })
        else {
            throw SystemError("execve", EINVAL, subject: subject)
        }
        var result = cl_spawn_result()
        let code = descriptors.withUnsafeBufferPointer { descriptors in
            // What is zero here is filled in by the options.
            let plain = cl_spawn_request(
                candidates: UnsafeRawPointer(candidates.pointers).assumingMemoryBound(to: UnsafePointer<CChar>?.self),
                arguments: UnsafePointer(arguments.pointers),
                environment: UnsafePointer(environment.pointers),
                directory: directories.pointers[0].map { UnsafePointer($0) },
                descriptors: descriptors.baseAddress!,
                descriptor_count: Int32(descriptors.count),
                descriptor_limit: DescriptorLimit.forChildren,
                ignored_signals: request.ignoredSignals.reduce(0) { $0 | 1 << UInt64($1.number - 1) },
                cgroup: request.controlGroup?.raw ?? -1,
                umask: -1, sets_nice: 0, nice: 0, processors: nil, processor_bytes: 0, limits: nil, limit_count: 0,
                sets_identity: 0, user: 0, group: 0, groups: nil, group_count: 0)
            return request.options.apply(to: plain) { raw in
                // The lock is held meanwhile, so that nobody takes the child for a stray before its number is known.
                awaited.withLock { awaited in
                    let code = cl_spawn(&raw, &result)
                    if code >= 0 { awaited.insert(result.pid) }
                    return code
                }
            }
        }
        guard code >= 0 else {
            let step = cl_spawn_step(UInt32(result.failed_step))
            let directory = request.workingDirectory
            throw SystemError(name(of: step), -code, subject: step == CL_SPAWN_CHDIR ? directory : subject)
        }
        return result
    }

    /// The name of the step that puts the child into its control group; no system call is called so.
    static let controlGroupStep: StaticString = "cgroup"

    private static func name(of step: cl_spawn_step) -> StaticString {
        switch step {
        case CL_SPAWN_CLONE: "clone"
        case CL_SPAWN_PIDFD: "pidfd"
        case CL_SPAWN_CGROUP: controlGroupStep
        case CL_SPAWN_SETSID: "setsid"
        case CL_SPAWN_SIGACTION: "sigaction"
        case CL_SPAWN_DUP: "dup2"
        case CL_SPAWN_CLOSE_RANGE: "close_range"
        case CL_SPAWN_SETRLIMIT: "setrlimit"
        case CL_SPAWN_PRIORITY: "setpriority"
        case CL_SPAWN_AFFINITY: "sched_setaffinity"
        case CL_SPAWN_SETGROUPS: "setgroups"
        case CL_SPAWN_SETGID: "setgid"
        case CL_SPAWN_SETUID: "setuid"
        case CL_SPAWN_CHDIR: "chdir"
        case CL_SPAWN_SIGPROCMASK: "sigprocmask"
        default: "execve"
        }
    }
}

// MARK: - Other children than workers

extension ChildProcess {
    /// Starts a child that reads from a pipe and has no other descriptors but the null device for its output and this
    /// process's standard error. All else is as with `spawn`.
    ///
    /// - Parameter prepare: gets the writing end before there is a child: what is written here, the child will read,
    ///   whatever becomes of this process meanwhile.
    package static func spawnListener(
        _ request: SpawnRequest, prepare: (_ input: Int32) -> Void
    ) throws(SystemError) -> SpawnedListener {
        let input = try Pipe(capacity: framePipeCapacity)
        try input.writing.makeNonBlocking()
        prepare(input.writing.raw)
        let raw = open("/dev/null", O_RDWR | O_CLOEXEC)
        guard raw >= 0 else { throw .last("open", subject: "/dev/null") }
        let null = FileDescriptor(adopting: raw)
        // Without a standard error of our own, the number may be anything that was opened since.
        let error = fcntl(2, F_GETFD) >= 0 ? 2 : null.raw
        let result = try start(request, [input.reading.raw, null.raw, error])
        return SpawnedListener(
            pid: result.pid, pidfd: FileDescriptor(adopting: result.pidfd), standardInput: input.writing)
    }
}

/// A child of `ChildProcess.spawnListener`.
@frozen package struct SpawnedListener: ~Copyable {
    package let pid: Int32
    /// Becomes readable when the process ends.
    package var pidfd: FileDescriptor
    /// Where to write what it reads; non-blocking.
    package var standardInput: FileDescriptor
}
