/// A null-terminated array of C strings, as `execve` takes it. Owns its memory.
struct CStringVector: ~Copyable {
    let pointers: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>
    private let count: Int

    /// `nil` if a string contains a zero byte: it would silently be cut there.
    init?(_ strings: [String]) {
        guard !strings.contains(where: { $0.utf8.contains(0) }) else { return nil }
        count = strings.count
        pointers = .allocate(capacity: count + 1)
        for (index, string) in strings.enumerated() {
            let bytes = string.utf8CString
            let copy = UnsafeMutableBufferPointer<CChar>.allocate(capacity: bytes.count)
            _ = copy.initialize(from: bytes)
            (pointers + index).initialize(to: copy.baseAddress)
        }
        (pointers + count).initialize(to: nil)
    }

    deinit {
        for index in 0..<count { pointers[index]?.deallocate() }
        pointers.deallocate()
    }
}
