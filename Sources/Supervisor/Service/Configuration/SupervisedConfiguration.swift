import Engine

/// A part of the configuration that says how workers are kept: the server-wide defaults, and each deployment, which
/// begins with a copy of them. So both have the same settings from one table.
package protocol SupervisedConfiguration: Sendable {
    /// How they are started again, watched, replaced and ended. The initial values of the type are the defaults.
    var supervision: SupervisionSettings { get set }
    /// What their processes are to the kernel.
    var process: ProcessConfiguration { get set }
}

extension Configuration: SupervisedConfiguration {}
extension DeploymentConfiguration: SupervisedConfiguration {}
