import Glibc

/// A system call that failed: which one, on what, and why.
package struct SystemError: Error, Equatable, CustomStringConvertible {
    /// The call's name, such as `bind`.
    package let call: String
    /// The error number (`errno`) that the kernel answered.
    package let errno: Int32
    /// What the call was applied to, such as a path or an address; `nil` where that says nothing.
    package let subject: String?

    package init(_ call: StaticString, _ errno: Int32, subject: String? = nil) {
        self.call = call.description
        self.errno = errno
        self.subject = subject
    }

    /// The error of the call that has just failed on this thread.
    static func last(_ call: StaticString, subject: String? = nil) -> SystemError {
        SystemError(call, Glibc.errno, subject: subject)
    }

    /// The kernel's own words for the error number, such as `No such file or directory`.
    package var reason: String {
        String(cString: strerror(errno))
    }

    /// One line, such as `bind 127.0.0.1:5000: Address already in use (errno 98)`.
    package var description: String {
        let target = subject.map { " \($0)" } ?? ""
        return "\(call)\(target): \(reason) (errno \(errno))"
    }

    /// A file is larger than it may be (`EFBIG`).
    package var isTooLarge: Bool { errno == EFBIG }

    /// Nothing of that name exists (`ENOENT`).
    package var isNotFound: Bool { errno == ENOENT }

    /// A child could not begin its life in the control group that it was to have.
    package var isOfControlGroup: Bool { call == ChildProcess.controlGroupStep.description }

    /// Somebody else listens on the address (`EADDRINUSE`).
    package var isAddressInUse: Bool { errno == EADDRINUSE }

    /// It was not done in time (`ETIMEDOUT`).
    package var isTimeout: Bool { errno == ETIMEDOUT }

    /// There is somebody, who has no time now (`EAGAIN`): the answer of a Unix socket whose listener is overrun.
    package var isBusy: Bool { errno == EAGAIN }

    /// The process or the whole system has no descriptor left (`EMFILE`, `ENFILE`).
    package var isDescriptorShortage: Bool { errno == EMFILE || errno == ENFILE }
}
