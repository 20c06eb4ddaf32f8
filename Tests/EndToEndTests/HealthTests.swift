import Testing

/// What probes see of the program: whom to kill, whom to send requests, and when the start is over.
struct HealthTests {
    private func check(
        _ server: RunningSupervisor, ready: Int, started: Int, _ comment: String,
        location: SourceLocation = #_sourceLocation
    ) throws {
        let rows = [
            ("/livez", 200), ("/v2/health/live", 200), ("/readyz", ready), ("/health", ready), ("/healthz", ready),
            ("/v2/health/ready", ready), ("/v2/models/gen/ready", ready), ("/startupz", started),
            ("/health-check", 200),
        ]
        for (path, status) in rows {
            let answer = try server.request("GET", path)
            #expect(answer.status == status, "\(comment): \(path) \(answer.text)", sourceLocation: location)
        }
    }

    @Test func probesFollowTheWorkers() throws {
        let server = try RunningSupervisor(
            [
                TestDeployment(
                    manifest: #"{"handlers":[{"name":"run","streaming":true,"concurrency":1}]}"#, start: "gate:load",
                    members: #","workers":2,"min_ready":2"#)
            ], gates: ["load", "go"])
        try server.waitUntilListening()
        try check(server, ready: 503, started: 503, "all loading")
        server.gate("load").open(1)
        try server.waitUntilReady(1)
        try check(server, ready: 503, started: 503, "1 of 2")
        server.gate("load").open(1)
        try server.waitForLog("the second is ready") { $0.message.hasPrefix("worker ready") }
        try check(server, ready: 200, started: 200, "2 of 2")

        let held = RunningSupervisor.script(#"["emit","a"]"#, #"["gate","go"]"#, #"["kill"]"#)
        let first = try server.stream("POST", "/predictions", held)
        try first.next { $0.name == "output" }
        let second = try server.stream(
            "POST", "/predictions", RunningSupervisor.script(#"["emit","a"]"#, #"["await-cancel"]"#))
        try second.next { $0.name == "output" }
        #expect(try server.request("POST", "/predictions", "{}").status == 409)
        try check(server, ready: 200, started: 200, "all busy")

        server.gate("go").open(1)
        #expect(try first.all().last?.name == "completed")
        try check(server, ready: 503, started: 200, "1 of 2 again")
        server.gate("load").open(1)
        try server.waitForLog("it is started again") { $0.message.hasPrefix("worker ready") }
        try check(server, ready: 200, started: 200, "2 of 2 again")

        server.signal(.terminate)
        try server.waitForLog("it begins to stop") { $0.message == "stopping" }
        try check(server, ready: 503, started: 200, "draining")
    }

    /// Each place has its device and port, the same after a restart; what a service manager says to the server is not
    /// for workers.
    @Test func placesKeepTheirDevices() throws {
        let script =
            #"echo "$CUDA_VISIBLE_DEVICES|$HIP_VISIBLE_DEVICES|$SUPERVISOR_WORKER_INDEX|$1|$WATCHDOG_USEC." >&2; exit 1"#
        let server = try RunningSupervisor(
            [
                TestDeployment(
                    members: #","devices":["3","MIG-1"],"port":9000,"restart":{"backoff":"10ms","max_failures":100}"#,
                    command: ["sh", "-c", script, "sh", "{port}"])
            ], environment: [("WATCHDOG_USEC", "1")])
        // Twice each, in any order.
        var missing = ["3|3|0|9000|.": 2, "MIG-1|MIG-1|1|9001|.": 2]
        while !missing.isEmpty {
            let line = try server.waitForLog("what workers see") { $0.message.hasSuffix("|.") }
            let text = line.message
            #expect(["3|3|0|9000|.", "MIG-1|MIG-1|1|9001|."].contains(text))
            if let count = missing[text] { missing[text] = count > 1 ? count - 1 : nil }
        }
    }
}
