/// All that is known of the end of a worker process, when it is told.
package struct WorkerEnding: Equatable, Sendable {
    package let status: ProcessStatus
    /// What it used, itself and the children that it waited for; nil: the system did not say.
    package let usage: ResourceUsage?
    /// The kernel counted a kill for want of memory that fits this process.
    package let wasOutOfMemory: Bool

    package init(_ status: ProcessStatus, usage: ResourceUsage? = nil, wasOutOfMemory: Bool = false) {
        self.status = status
        self.usage = usage
        self.wasOutOfMemory = wasOutOfMemory
    }
}

/// What a process has used in its life.
package struct ResourceUsage: Equatable, Sendable {
    /// Nanoseconds of processor time, in user code and in the kernel.
    package let userTime: UInt64
    package let systemTime: UInt64
    /// The most memory that was resident at once, in bytes.
    package let peakResidentBytes: UInt64

    package init(userTime: UInt64, systemTime: UInt64, peakResidentBytes: UInt64) {
        self.userTime = userTime
        self.systemTime = systemTime
        self.peakResidentBytes = peakResidentBytes
    }
}
