/// A limit of the kernel for a worker process and each process that it starts; hard and soft limit alike.
package struct ResourceLimit: Sendable, Equatable {
    /// As `ulimit` and setrlimit(2) know them.
    package enum Name: String, CaseIterable, Sendable {
        /// Bytes of address space. Models map far more than they use: rarely what is wanted.
        case addressSpace = "as"
        /// Bytes of a core file.
        case core
        /// Seconds of processor time; then SIGXCPU.
        case processorTime = "cpu"
        /// Bytes of heap.
        case data
        /// Bytes of one file that it writes.
        case fileSize = "fsize"
        /// Bytes that it may lock into memory, as pinned buffers of devices are.
        case lockedMemory = "memlock"
        /// Open descriptors.
        case openFiles = "nofile"
        /// Processes and threads of its user.
        case processes = "nproc"
        /// Bytes of the stack.
        case stack
    }

    /// Which one.
    package let name: Name
    /// In the unit of the name; nil: unlimited.
    package let value: UInt64?

    /// What the file says of one limit: a number, a size such as `8MiB`, or `unlimited`.
    package init(_ name: String, _ text: String) throws(InvalidValue) {
        guard let known = Name(rawValue: name) else {
            let names = Name.allCases.map(\.rawValue)
            let hint = NearestName.of(name, among: names).map { "did you mean `\($0)`?" }
            throw InvalidValue(
                "there is no such limit: `\(SettingType.shortened(name))`",
                hint: hint ?? "known here: \(names.joined(separator: ", "))")
        }
        self.name = known
        if text == "unlimited" {
            value = nil
        } else if let count = Quantity.bytes(text) {
            value = UInt64(count)
        } else {
            throw InvalidValue("must be a number, a size or `unlimited`, not `\(SettingType.shortened(text))`")
        }
    }

    /// `nofile=4096,core=unlimited`, as a flag has it.
    static func list(_ text: String) throws(InvalidValue) -> [ResourceLimit] {
        var limits: [ResourceLimit] = []
        for part in text.split(separator: ",") {
            let sides = part.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
            guard sides.count == 2 else {
                throw InvalidValue("must be NAME=VALUE,…, not `\(SettingType.shortened(text))`")
            }
            let limit = try ResourceLimit(sides[0], sides[1])
            guard !limits.contains(where: { $0.name == limit.name }) else {
                throw InvalidValue("names `\(sides[0])` twice")
            }
            limits.append(limit)
        }
        return limits
    }

    /// The value as it can be read back.
    package var text: String { value.map(String.init) ?? "unlimited" }
}
