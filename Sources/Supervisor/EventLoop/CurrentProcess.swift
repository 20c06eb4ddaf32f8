import CLinux
import Glibc

/// This process, as others know it.
package enum CurrentProcess {
    package static var number: Int32 { getpid() }

    package static var isRoot: Bool { geteuid() == 0 }

    /// Names it for `ps -o comm` and `killall`; 15 bytes at most count.
    package static func setName(_ name: String) {
        _ = cl_set_process_name(name)
    }

    /// The file that it runs, also when another lies in its place meanwhile.
    package static let program = "/proc/self/exe"

    /// Whether a write to the descriptor would be taken at once.
    package static func canWrite(to descriptor: Int32) -> Bool {
        var entry = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
        return poll(&entry, 1, 0) == 1 && entry.revents & Int16(POLLOUT) != 0
    }

    /// Stands still for so many nanoseconds. Not for a loop's thread.
    package static func pause(_ nanoseconds: UInt64) {
        _ = poll(nil, 0, Int32(clamping: nanoseconds / TimeSpan.millisecond))
    }

    /// Whether a person sees what is written to the descriptor.
    package static func isTerminal(_ descriptor: Int32) -> Bool { isatty(descriptor) == 1 }
}
