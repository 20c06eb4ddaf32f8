import Glibc

/// The system's processes, as `/proc` shows them. Reads some ten microseconds for each of them; from any thread.
package enum ProcessTable {
    /// More than `stat` ever has: some fifty numbers of at most twenty digits and a name of sixteen bytes.
    private static let statLimit = 2_048
    /// An environment is at most a quarter of the limit of the stack, which is 8 MiB by default.
    private static let environmentLimit = 2 << 20
    private static let environmentBlock = 16 * 1_024

    /// All processes. One that starts or ends meanwhile may be missing.
    package static func entries() -> [ProcessEntry] {
        guard let directory = opendir("/proc") else { return [] }
        defer { closedir(directory) }
        var entries: [ProcessEntry] = []
        withUnsafeTemporaryAllocation(byteCount: statLimit, alignment: 1) { buffer in
            while let next = readdir(directory) {
                guard let number = number(of: next) else { continue }
                if let entry = entry(of: number, buffer) { entries.append(entry) }
            }
        }
        return entries
    }

    /// One process; nil when there is none of that number.
    package static func entry(of number: Int32) -> ProcessEntry? {
        withUnsafeTemporaryAllocation(byteCount: statLimit, alignment: 1) { entry(of: number, $0) }
    }

    /// Whether the process carries the mark. False also for one whose environment this process may not see, or that has
    /// written over it.
    package static func carries(_ mark: ProcessMark, _ number: Int32) -> Bool {
        let raw = open("/proc/\(number)/environ", O_RDONLY | O_CLOEXEC)
        guard raw >= 0 else { return false }
        let descriptor = FileDescriptor(adopting: raw)
        var environment = [UInt8](repeating: 0, count: environmentBlock)
        var count = 0
        while count < environmentLimit {
            if count == environment.count { environment += [UInt8](repeating: 0, count: count) }
            let result = environment.withUnsafeMutableBytes {
                Transfer.read(descriptor.raw, into: UnsafeMutableRawBufferPointer(rebasing: $0[count...]))
            }
            guard case .bytes(let more) = result else { break }
            count += more
        }
        return environment.withUnsafeBytes { hasEntry($0[..<count], mark) }
    }

    private static func hasEntry(_ environment: Slice<UnsafeRawBufferPointer>, _ mark: ProcessMark) -> Bool {
        let environment = UnsafeRawBufferPointer(rebasing: environment)
        guard let start = environment.baseAddress else { return false }
        var index = 0
        while index < environment.count {
            let end = memchr(start + index, 0, environment.count - index).map {
                $0 - UnsafeMutableRawPointer(mutating: start)
            }
            let entry = UnsafeRawBufferPointer(rebasing: environment[index..<(end ?? environment.count)])
            if mark.matches(entry) { return true }
            index += entry.count + 1
        }
        return false
    }

    private static func entry(of number: Int32, _ buffer: UnsafeMutableRawBufferPointer) -> ProcessEntry? {
        let raw = open("/proc/\(number)/stat", O_RDONLY | O_CLOEXEC)
        guard raw >= 0 else { return nil }
        let descriptor = FileDescriptor(adopting: raw)
        guard case .bytes(let count) = Transfer.read(descriptor.raw, into: buffer) else { return nil }
        return ProcessEntry(UnsafeRawBufferPointer(rebasing: buffer[..<count]))
    }

    /// The number that a directory is called by, if it is one.
    private static func number(of entry: UnsafeMutablePointer<dirent>) -> Int32? {
        withUnsafeBytes(of: &entry.pointee.d_name) { name in
            var number: Int32 = 0
            for byte in name {
                if byte == 0 { break }
                guard (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) else { return nil }
                number = number &* 10 &+ Int32(byte - UInt8(ascii: "0"))
            }
            return number
        }
    }
}
