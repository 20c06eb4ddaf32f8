import WireProtocol

/// Whole requests, each on a connection of its own.
extension RunningSupervisor {
    func connect() throws -> Client {
        try Client(try waitUntilListening())
    }

    func request(
        _ method: String, _ target: String, _ json: String? = nil, headers: [(name: String, value: String)] = []
    ) throws -> ClientResponse {
        let client = try connect()
        try client.send(
            method, target, headers: RunningSupervisor.headers(json, headers), body: Array((json ?? "").utf8))
        return try client.response(toHead: method == "HEAD")
    }

    /// Opens a stream of events: whatever the answer is, its head has arrived.
    func stream(
        _ method: String, _ target: String, _ json: String? = nil, headers: [(name: String, value: String)] = []
    ) throws -> EventStream {
        let client = try connect()
        let accept = (name: "accept", value: "text/event-stream")
        try client.send(
            method, target, headers: RunningSupervisor.headers(json, [accept] + headers), body: Array((json ?? "").utf8)
        )
        return try EventStream(client)
    }

    private static func headers(
        _ json: String?, _ others: [(name: String, value: String)]
    ) -> [(name: String, value: String)] {
        json == nil ? others : [(name: "content-type", value: "application/json")] + others
    }

    /// The body of a request whose input is this script, see `ScriptedWorker`.
    static func script(_ steps: String...) -> String {
        #"{"input":{"do":[\#(steps.joined(separator: ","))]}}"#
    }

    /// `status` of a deployment's health document.
    func health(_ path: String = "/health-check") throws -> String? {
        try JSONValue.parse(try request("GET", path).body)["status"]?.stringValue
    }
}
