import CLinux
import Glibc

/// What a child is given beyond its program: set between its beginning and its program, so the program cannot notice.
package struct SpawnOptions: Equatable, Sendable {
    /// File mode bits that it does not give, 0 … 0o777; nil: as the supervisor.
    package var umask: UInt32?
    /// How willingly it leaves the processor to others, -20 … 19; less than the supervisor's own needs root. nil: as the
    /// supervisor.
    package var nice: Int32?
    /// The processors that it may use, from 0; empty: as the supervisor.
    package var processors: Set<Int> = []
    package var limits: [KernelLimit] = []
    /// Who it is; only root may ask for that. nil: as the supervisor.
    package var user: UserIdentity?

    package init() {}

    /// The most processors that Linux can be built for.
    package static let processorLimit = 8_192

    /// Fills in `request` and calls `body` while what it points at is there.
    func apply(to request: cl_spawn_request, _ body: (inout cl_spawn_request) -> Int32) -> Int32 {
        var request = request
        request.umask = umask.map { Int32(clamping: $0) } ?? -1
        request.sets_nice = nice == nil ? 0 : 1
        request.nice = nice ?? 0
        request.sets_identity = user == nil ? 0 : 1
        request.user = user?.user ?? 0
        request.group = user?.group ?? 0
        let limits = limits.map(\.raw)
        let mask = processorMask
        return limits.withUnsafeBufferPointer { limits in
            mask.withUnsafeBufferPointer { mask in
                (user?.groups ?? []).withUnsafeBufferPointer { groups in
                    request.limits = limits.baseAddress
                    request.limit_count = Int32(limits.count)
                    request.processors = mask.baseAddress
                    request.processor_bytes = UInt64(mask.count)
                    request.groups = groups.baseAddress
                    request.group_count = Int32(groups.count)
                    return body(&request)
                }
            }
        }
    }

    /// Whole machine words, as the kernel wants it.
    private var processorMask: [UInt8] {
        guard let last = processors.max() else { return [] }
        precondition(processors.allSatisfy { (0..<Self.processorLimit).contains($0) }, "no system has that processor")
        var mask = [UInt8](repeating: 0, count: (last / UInt.bitWidth + 1) * MemoryLayout<UInt>.size)
        for processor in processors { mask[processor / 8] |= 1 << UInt8(processor % 8) }
        return mask
    }
}
