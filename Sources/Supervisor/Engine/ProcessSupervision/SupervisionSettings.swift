/// How the workers of one deployment are kept.
package struct SupervisionSettings: Equatable, Sendable {
    package var restart = RestartSettings()
    package var watchdog = WatchdogSettings()
    package var recycle = RecycleSettings()
    package var retry = RetrySettings()
    package var cancel = CancelSettings()
    /// Ready workers without which the deployment is not ready.
    package var minimumReady = 1
    /// The server is not ready without it.
    package var isRequired = true
    /// All workers of deployments that name the same group end and start together; nil: each for itself.
    package var group: String?
    /// For each place its device; empty: none. Workers of one device load one after the other.
    package var devices: [String] = []
    /// The loss of a worker ends the server with code 70, for platforms that restart whole pods.
    package var endsServerOnLoss = false

    package init() {}
}
