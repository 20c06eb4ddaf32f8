/// What becomes of a worker for the memory that it holds, its descendants included.
package struct MemoryLimit: Equatable, Sendable {
    package enum Verdict: Equatable, Sendable {
        case within
        /// It is to be replaced when its runs have ended.
        case overSoft
        /// It is to be ended at once, before the kernel ends something else for it.
        case overHard
    }

    private let soft: UInt64
    private let hard: UInt64

    /// Of the settings, bytes; 0: no limit.
    package init(_ settings: RecycleSettings) {
        soft = settings.softMemory
        hard = settings.hardMemory
    }

    package func verdict(residentBytes: UInt64) -> Verdict {
        if hard > 0, residentBytes > hard { return .overHard }
        return soft > 0 && residentBytes > soft ? .overSoft : .within
    }
}
