import Glibc

/// Sleeping, for programs without a loop.
package enum Pause {
    package static func sleep(nanoseconds: UInt64) {
        var left = timespec(
            tv_sec: Int(nanoseconds / TimeSpan.second), tv_nsec: Int(nanoseconds % TimeSpan.second))
        var wanted = left
        while nanosleep(&wanted, &left) != 0, errno == EINTR { wanted = left }
    }
}
