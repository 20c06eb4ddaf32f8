/// What tells the descendants of a worker wherever they have gone: a variable of the environment that each inherits,
/// and that `/proc/PID/environ` shows for as long as the process lives.
package struct ProcessMark: Hashable, Sendable {
    package static let variable = "SUPERVISOR_WORKER_MARK"

    /// The entry of the environment, or how it begins.
    private let pattern: [UInt8]
    private let isWhole: Bool

    /// What one worker and its descendants carry: the variable with exactly this value.
    package static func life(_ value: String) -> ProcessMark {
        ProcessMark(pattern: Array("\(variable)=\(value)".utf8), isWhole: true)
    }

    /// What all workers of a server carry: values of the form `SERVER.NUMBER`.
    package static func server(_ name: String) -> ProcessMark {
        ProcessMark(pattern: Array("\(variable)=\(name).".utf8), isWhole: false)
    }

    /// Whether an entry of an environment, without the zero at its end, is this mark.
    package func matches(_ entry: UnsafeRawBufferPointer) -> Bool {
        guard isWhole ? entry.count == pattern.count : entry.count >= pattern.count else { return false }
        return pattern.withUnsafeBytes { $0.elementsEqual(entry[..<pattern.count]) }
    }
}
