import EventLoop
import WireProtocol

/// What operators ask, over the control socket.
extension RunningSupervisor {
    /// A connection to the control socket, which is there once the server listens.
    func connectToControl() throws -> Client {
        try waitUntilListening()
        for folder in TestDirectory.names(in: stateDirectory) {
            let place = "\(stateDirectory)/\(folder)"
            guard TestDirectory.names(in: place).contains("control.sock") else { continue }
            return try Client(.unix(path: "\(place)/control.sock"))
        }
        throw Failure("no control socket below \(stateDirectory)")
    }

    /// One request.
    func control(_ method: String, _ target: String, _ json: String? = nil) throws -> ClientResponse {
        let client = try connectToControl()
        let headers = json == nil ? [] : [(name: "content-type", value: "application/json")]
        try client.send(method, target, headers: headers, body: Array((json ?? "").utf8))
        return try client.response()
    }

    /// Everything that is known of one deployment, the evidence of its ends included.
    func status(of name: String = "gen") throws -> JSONValue {
        try JSONValue.parse(try control("GET", "/status/\(name)").body)
    }

    /// The feed of changes from now on.
    func stateChanges() throws -> EventStream {
        let client = try connectToControl()
        try client.send("GET", "/events", headers: [(name: "accept", value: "text/event-stream")])
        return try EventStream(client)
    }
}

extension EventStream {
    /// Waits until a worker of a deployment has ended; what the feed says of it.
    @discardableResult
    func nextEnd(of deployment: String = "gen") throws -> JSONValue {
        let event = try next {
            $0.json?["deployment"]?.stringValue == deployment && $0.json?["to"]?.stringValue == "exited"
        }
        return event.json ?? .null
    }
}
