/// A deployment of a test's configuration, served by scripted workers.
struct TestDeployment {
    /// A streaming handler without a schema, four runs at once.
    static let streaming = #"{"handlers":[{"name":"run","streaming":true,"concurrency":4}]}"#
    /// A handler that did not opt in to streaming.
    static let plain = #"{"handlers":[{"name":"run","streaming":false,"concurrency":1}]}"#

    var name = "gen"
    var manifest = TestDeployment.streaming
    /// What its workers do instead of becoming ready, see `ScriptedWorker`.
    var start = ""
    /// Further members of its object in the configuration, each with a comma in front.
    var members = ""
    /// Replaces the scripted worker.
    var command: [String]?
}
