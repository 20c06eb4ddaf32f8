import Glibc
import Synchronization

/// The process's limit of open descriptors: raised for the supervisor's own connections, not for its workers, some of
/// which still use `select`, which breaks above 1,024.
package enum DescriptorLimit {
    /// The soft limit before `raise()`; 0 while that was not called or changed nothing.
    private static let original = Atomic<UInt64>(0)

    /// Raises the soft limit to the hard one and answers it. Children keep the one from before.
    @discardableResult
    package static func raise() throws(SystemError) -> UInt64 {
        var limit = rlimit()
        guard getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) >= 0 else { throw .last("getrlimit") }
        guard limit.rlim_cur < limit.rlim_max else { return UInt64(limit.rlim_cur) }
        let before = UInt64(limit.rlim_cur)
        limit.rlim_cur = limit.rlim_max
        guard setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) >= 0 else { throw .last("setrlimit") }
        original.store(before, ordering: .relaxed)
        return UInt64(limit.rlim_cur)
    }

    /// What a child's soft limit is to be set to; 0: left as it is.
    static var forChildren: UInt64 { original.load(ordering: .relaxed) }
}
