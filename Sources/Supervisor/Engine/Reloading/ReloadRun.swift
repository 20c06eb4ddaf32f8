/// One reload of the configuration: what of it is still to be done, and who waits for its end.
struct ReloadRun {
    /// Who is told what became of it; nil: the log alone.
    var connection: ConnectionID?
    /// Told when all is done; else as soon as it is known what there is to do.
    let waits: Bool
    /// The configuration has been read.
    var isLoaded = false
    /// In words.
    var summary = ""
    /// Changed deployments whose turn has not come: one is rolled after the other, so that one worker at most is beyond
    /// what all of them want.
    var waiting: [ReloadPlan.Change] = []
    /// The one in hand.
    var active: DeploymentIndex?
    /// Those that come, go or were replaced as a whole, and are not there yet.
    var settling: [DeploymentIndex] = []
    /// What did not work out.
    var failures: [String] = []
    /// Another reload was asked for meanwhile.
    var isWantedAgain = false

    init(connection: ConnectionID?, waits: Bool) {
        self.connection = connection
        self.waits = waits
    }

    var isDone: Bool { isLoaded && waiting.isEmpty && active == nil && settling.isEmpty }
}
