import CLinux
import Glibc
import Synchronization

/// Children that nobody here has started: orphans that the kernel has given us, since their own parent, a worker or one
/// of its descendants, has ended.
extension ChildProcess {
    /// The numbers of children whose end somebody here waits for, through a pidfd.
    static let awaited = Mutex<Set<Int32>>([])

    /// What `reapStrays` has found.
    package struct StrayReaping: Equatable, Sendable {
        /// So many strays had ended and are gone now.
        package var count: Int
        /// One of our own has ended and was not reaped yet; strays may stand behind it. Try again when it was.
        package var isHeldUp: Bool

        package init(count: Int = 0, isHeldUp: Bool = false) {
            self.count = count
            self.isHeldUp = isHeldUp
        }
    }

    /// Makes this process the parent of all orphans among its descendants (a child subreaper), as the first process of
    /// a system or container is anyway. They have to be reaped from then on.
    package static func adoptOrphans() throws(SystemError) {
        let result = cl_adopt_orphans()
        guard result >= 0 else { throw SystemError("prctl", -result) }
    }

    /// Reaps all strays that have ended. Never takes the status of a child that was started with `spawn`: those are
    /// reaped by `reap` alone. From any thread.
    package static func reapStrays() -> StrayReaping {
        awaited.withLock { awaited in
            var reaping = StrayReaping()
            while true {
                let number = cl_peek_ended()
                guard number > 0 else { return reaping }
                guard !awaited.contains(number) else {
                    reaping.isHeldUp = true
                    return reaping
                }
                guard cl_reap_number(number) > 0 else { return reaping }
                reaping.count += 1
            }
        }
    }

    /// Nobody will ask for this child's status: it is reaped as a stray when it ends.
    package static func disown(_ number: Int32) {
        _ = awaited.withLock { $0.remove(number) }
    }
}
