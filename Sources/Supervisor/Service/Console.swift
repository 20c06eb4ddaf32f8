import EventLoop

/// What the program says while there is no log: help, diagnostics, why it could not start. Blocks until it is written.
package enum Console {
    package static func output(_ text: String) {
        write(text, to: 1)
    }

    package static func error(_ text: String) {
        write(text, to: 2)
    }

    private static func write(_ text: String, to descriptor: Int32) {
        let bytes = Array(text.utf8)
        var at = 0
        while at < bytes.count {
            let result = bytes.withUnsafeBytes {
                Transfer.write(descriptor, UnsafeRawBufferPointer(rebasing: $0[at...]))
            }
            guard case .bytes(let count) = result else { return }
            at += count
        }
    }
}
