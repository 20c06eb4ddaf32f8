/// What is known of a process that has been reaped.
package struct ProcessEnding: Equatable, Sendable {
    package let status: ExitStatus
    /// Time on a processor in the program itself, its reaped children included; nanoseconds.
    package let userTime: UInt64
    /// Time on a processor in the kernel; nanoseconds.
    package let systemTime: UInt64
    /// The most memory that was resident at any time; bytes.
    package let peakResidentBytes: UInt64
}
