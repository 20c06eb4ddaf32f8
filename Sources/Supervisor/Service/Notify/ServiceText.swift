/// One line on how the server is, for `systemctl status`.
package enum ServiceText {
    package struct Deployment {
        package let name: String
        package let ready: Int
        package let wanted: Int
        /// 0 to 1, of one that loads and says how far it is.
        package let progress: Double?

        package init(name: String, ready: Int, wanted: Int, progress: Double?) {
            self.name = name
            self.ready = ready
            self.wanted = wanted
            self.progress = progress
        }
    }

    /// More would not fit into a line that people read.
    static let maximumDeployments = 8

    /// Such as `ready: echo 2/2, big 0/1 (40 %)`.
    package static func of(_ state: String, _ deployments: [Deployment]) -> String {
        var parts = deployments.prefix(maximumDeployments).map { deployment in
            let progress = deployment.ready == 0 ? deployment.progress.map { " (\(Int($0 * 100)) %)" } : nil
            return "\(deployment.name) \(deployment.ready)/\(deployment.wanted)\(progress ?? "")"
        }
        if deployments.count > maximumDeployments { parts.append("\(deployments.count - maximumDeployments) more") }
        return parts.isEmpty ? state : "\(state): \(parts.joined(separator: ", "))"
    }
}
