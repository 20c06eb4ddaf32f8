import WireProtocol

/// Where a worker wrote a text.
package typealias LogSource = LogText.Stream

extension LogSource {
    /// As Cog's `log` events name it.
    package var label: String {
        switch self {
        case .standardOutput: "stdout"
        case .standardError: "stderr"
        }
    }
}
