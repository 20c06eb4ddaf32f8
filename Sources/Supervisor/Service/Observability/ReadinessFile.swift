import EventLoop

/// A file that exists while the server is ready: what probes look for that ask no HTTP. Written in the loop's turn, since
/// it is empty and changes only when workers come and go.
package struct ReadinessFile {
    /// Where Cog puts it in Kubernetes.
    static let cogPath = "/var/run/cog/ready"
    /// Kubernetes sets it in every container.
    static let clusterVariable = "KUBERNETES_SERVICE_HOST"

    private let path: String
    /// What was done last; nil: nothing yet, and a server that was killed may have left one there.
    private var isMarked: Bool?
    private var hasFailed = false

    package init(path: String) {
        self.path = path
    }

    /// Makes the file or removes it, where that is a change.
    ///
    /// - Returns: a warning for the log, the first time that it cannot.
    package mutating func update(isReady: Bool) -> String? {
        guard isReady != isMarked else { return nil }
        isMarked = isReady
        do throws(SystemError) {
            if isReady { try Files.mark(path) } else { try Files.unmark(path) }
            return nil
        } catch {
            defer { hasFailed = true }
            return hasFailed ? nil : "the readiness file cannot be kept: \(error)"
        }
    }
}
