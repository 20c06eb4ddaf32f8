/// A running worker: its names and the supervisor's ends of its pipes. Signals and reaps go through `ChildProcess`.
@frozen package struct SpawnedProcess: ~Copyable {
    /// The process, session and group number: the child leads a session and group of its own.
    package let pid: Int32
    /// Becomes readable when the process ends, whoever still holds its pipes.
    package var pidfd: FileDescriptor
    /// The writing end of the death pipe, which nobody ever writes to: when it is closed, by us or by our death, the
    /// worker reads the end of its standard input and leaves.
    package var standardInput: FileDescriptor
    /// The reading end of what it prints; non-blocking.
    package var standardOutput: FileDescriptor
    /// The reading end of what it prints as errors; non-blocking.
    package var standardError: FileDescriptor
    /// Where the supervisor writes frames; non-blocking.
    package var toWorker: FileDescriptor
    /// Where the supervisor reads frames; non-blocking, 1 MiB where the system allows.
    package var fromWorker: FileDescriptor
}
