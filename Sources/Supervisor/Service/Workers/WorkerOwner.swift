import Engine
import EventLoop

/// Who a worker process belongs to: hears what comes from it, on the loop's thread.
protocol WorkerOwner: AnyObject {
    var loop: Loop { get }
    /// What is read from a worker's pipes lies here until it was passed on.
    var readBuffer: UnsafeMutableRawBufferPointer { get }

    /// So many bytes of frames were read into `readBuffer`.
    func received(_ count: Int, from process: WorkerProcess)
    /// It closed its pipe of frames.
    func outputEnded(of process: WorkerProcess)
    /// It printed.
    func logged(_ bytes: [UInt8], _ source: LogSource, by process: WorkerProcess)
    /// Whether the kernel has just killed it for want of memory. Asked once, when SIGKILL has ended it.
    func wasOutOfMemory(_ process: WorkerProcess) -> Bool
    /// It is gone, and what it wrote was read to the end.
    func exited(_ process: WorkerProcess, _ ending: WorkerEnding)
    func log(_ entry: LogEntry)
}
