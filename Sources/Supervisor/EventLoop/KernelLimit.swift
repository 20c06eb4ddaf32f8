import CLinux
import Glibc

/// A limit that the kernel keeps a process to (setrlimit(2)), by the names of `ulimit` and limits.conf(5).
package struct KernelLimit: Equatable, Sendable {
    package enum Resource: String, CaseIterable, Sendable {
        /// Bytes of address space.
        case addressSpace = "as"
        /// Bytes of a core file.
        case core
        /// Seconds of processor time.
        case cpu
        /// Bytes of data segment and heap.
        case data
        /// Bytes of a file that it writes.
        case fileSize = "fsize"
        /// Bytes that it keeps from being swapped out.
        case lockedMemory = "memlock"
        /// Open descriptors.
        case openFiles = "nofile"
        /// Processes and threads of its user.
        case processes = "nproc"
        /// Bytes of its first thread's stack.
        case stack

        fileprivate var number: Int32 {
            switch self {
            case .addressSpace: Int32(RLIMIT_AS.rawValue)
            case .core: Int32(RLIMIT_CORE.rawValue)
            case .cpu: Int32(RLIMIT_CPU.rawValue)
            case .data: Int32(RLIMIT_DATA.rawValue)
            case .fileSize: Int32(RLIMIT_FSIZE.rawValue)
            case .lockedMemory: Int32(__RLIMIT_MEMLOCK.rawValue)
            case .openFiles: Int32(RLIMIT_NOFILE.rawValue)
            case .processes: Int32(__RLIMIT_NPROC.rawValue)
            case .stack: Int32(RLIMIT_STACK.rawValue)
            }
        }
    }

    package let resource: Resource
    /// What counts; nil: none.
    package let soft: UInt64?
    /// How far the process itself may raise it; nil: as far as it likes. More than the supervisor's own needs root.
    package let hard: UInt64?

    package init(_ resource: Resource, soft: UInt64?, hard: UInt64?) {
        self.resource = resource
        self.soft = soft
        self.hard = hard
    }

    var raw: cl_resource_limit {
        cl_resource_limit(resource: resource.number, soft: soft ?? .max, hard: hard ?? .max)
    }
}
