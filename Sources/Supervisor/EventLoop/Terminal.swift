import CLinux
import Glibc

/// What the program knows of the terminal that it writes to, and the screen of a command that redraws it.
package enum Terminal {
    /// How many columns it has; nil: it is none, or does not say.
    package static func columns(_ descriptor: Int32 = STDOUT_FILENO) -> Int? {
        var size = winsize()
        guard ioctl(descriptor, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0 else { return nil }
        return Int(size.ws_col)
    }

    /// How many lines it has; nil: it is none, or does not say.
    package static func lines(_ descriptor: Int32 = STDOUT_FILENO) -> Int? {
        var size = winsize()
        guard ioctl(descriptor, UInt(TIOCGWINSZ), &size) == 0, size.ws_row > 0 else { return nil }
        return Int(size.ws_row)
    }
}

/// A terminal whose keys are heard one by one and not shown, also those that usually send signals: so whoever ends the
/// program gives it the time to put everything back. Put back by `close()`, or when the value goes away.
package final class TerminalKeys {
    package enum Key: Equatable {
        case character(UInt8)
        /// Nobody pressed one in time.
        case none
        /// The terminal is gone, or somebody asks the program to end.
        case end
    }

    private let before: termios
    private let signals: FileDescriptor
    private var isOpen = true

    /// Nil where standard input is no terminal.
    package init?() {
        var settings = termios()
        guard CurrentProcess.isTerminal(STDIN_FILENO), tcgetattr(STDIN_FILENO, &settings) == 0 else { return nil }
        before = settings
        settings.c_lflag &= ~tcflag_t(ICANON | ECHO | ISIG)
        // Blocked, so that they end the program only when it asks.
        let numbers = [SIGTERM, SIGHUP, SIGINT]
        let raw = cl_signalfd_create(numbers, Int32(numbers.count))
        guard raw >= 0, tcsetattr(STDIN_FILENO, TCSANOW, &settings) == 0 else { return nil }
        signals = FileDescriptor(adopting: raw)
    }

    deinit { close() }

    /// Waits for a key.
    package func next(within nanoseconds: UInt64) -> Key {
        var entries = [
            pollfd(fd: STDIN_FILENO, events: Int16(POLLIN), revents: 0),
            pollfd(fd: signals.raw, events: Int16(POLLIN), revents: 0),
        ]
        let result = poll(&entries, 2, Int32(clamping: nanoseconds / TimeSpan.millisecond))
        guard result > 0 else { return .none }
        if entries[1].revents != 0 { return .end }
        var byte: UInt8 = 0
        return read(STDIN_FILENO, &byte, 1) == 1 ? .character(byte) : .end
    }

    package func close() {
        guard isOpen else { return }
        isOpen = false
        var settings = before
        tcsetattr(STDIN_FILENO, TCSANOW, &settings)
    }
}
