/// Numbers of processors as the kernel writes them: `0-3,8`.
package struct ProcessorList: Sendable, Equatable {
    /// As many processors as a set of the C library holds.
    package static let limit = 1024

    /// Ascending, each once; at least one, all below ``limit``.
    package let numbers: [Int]

    /// Nil when the text is no such list.
    package init?(_ text: String) {
        var all: Set<Int> = []
        for part in text.split(separator: ",", omittingEmptySubsequences: false) {
            let ends = part.split(separator: "-", omittingEmptySubsequences: false).map { Int($0) }
            guard (1...2).contains(ends.count), let first = ends[0], let last = ends[ends.count - 1], first <= last,
                first >= 0, last < Self.limit
            else { return nil }
            all.formUnion(first...last)
        }
        numbers = all.sorted()
    }
}
