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
    /// What places take in turn: the place after the last device begins with the first again. Empty: none.
    package var devices: [String] = []
    /// The loss of a worker ends the server with `lossExitCode`, for platforms that restart whole pods.
    package var endsServerOnLoss = false

    /// sysexits.h's EX_SOFTWARE: what was to be kept running no longer does.
    package static let lossExitCode: Int32 = 70

    package init() {}

    /// The device of a place, the same as long as the configuration is; nil: there are none. A pool that is scaled beyond
    /// its devices shares them evenly.
    package func device(of place: Int) -> String? {
        devices.isEmpty ? nil : devices[place % devices.count]
    }
}
