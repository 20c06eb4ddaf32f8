/// What a living worker uses, it and its descendants, as the system says.
package struct ResourceSample: Equatable, Sendable {
    package let worker: WorkerID
    /// Memory that is resident now, in bytes.
    package let residentBytes: UInt64
    /// Nanoseconds of processor time since its start, in user code and in the kernel.
    package let processorTime: UInt64

    package init(worker: WorkerID, residentBytes: UInt64, processorTime: UInt64) {
        self.worker = worker
        self.residentBytes = residentBytes
        self.processorTime = processorTime
    }
}
