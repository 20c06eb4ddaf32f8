import EventLoop

/// What the program says while there is no log: help, diagnostics, why it could not start. Blocks until it is written.
package enum Console {
    package static func output(_ text: String) {
        write(text, to: 1)
    }

    package static func error(_ text: String) {
        write(text, to: 2)
    }

    static func output(_ bytes: UnsafeRawBufferPointer) {
        write(bytes, to: 1)
    }

    static func error(_ bytes: UnsafeRawBufferPointer) {
        write(bytes, to: 2)
    }

    private static func write(_ text: String, to descriptor: Int32) {
        Array(text.utf8).withUnsafeBytes { write($0, to: descriptor) }
    }

    private static func write(_ bytes: UnsafeRawBufferPointer, to descriptor: Int32) {
        var at = 0
        while at < bytes.count {
            let result = Transfer.write(descriptor, UnsafeRawBufferPointer(rebasing: bytes[at...]))
            guard case .bytes(let count) = result else { return }
            at += count
        }
    }
}
