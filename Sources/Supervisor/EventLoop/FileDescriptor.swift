import Glibc

/// The owner of one open descriptor: closes it exactly once, when the value goes away.
///
/// Not copyable, so that "closed twice" and "used after close" do not compile. Deregister it from its `Loop` before it
/// goes away: the kernel may give the number to the next descriptor at once.
package struct FileDescriptor: ~Copyable, Sendable {
    /// The kernel's number, valid as long as this value lives. For system calls and for `Loop.register`, not for
    /// keeping.
    package let raw: Int32

    /// Takes over an open descriptor that nobody else will close.
    package init(adopting raw: Int32) {
        precondition(raw >= 0, "a descriptor is never negative: a failed call's result was not checked")
        self.raw = raw
    }

    deinit {
        // Not repeated on EINTR: Linux has given the number free even then.
        _ = close(raw)
    }

    /// Gives the descriptor away unclosed; the caller closes it.
    package consuming func take() -> Int32 {
        let raw = self.raw
        discard self
        return raw
    }
}
