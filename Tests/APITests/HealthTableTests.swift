import Engine
import Testing

/// Which probe says what in which situation: the server's life, its readiness, its start, and those of each model.
struct HealthTableTests {
    /// What probes answer: live and v2 live are always 200.
    private struct Expected {
        var ready = 503
        var started = 503
        var model = 503
        /// The word of `/health-check`, which is always 200.
        var health: String
    }

    private func check(
        _ pools: DrivenPools, _ expected: Expected, _ comment: String, location: SourceLocation = #_sourceLocation
    ) throws {
        let rows: [(path: String, status: Int)] = [
            ("/livez", 200), ("/v2/health/live", 200), ("/v2", 200), ("/v2/models/a", 200), ("/health-check", 200),
            ("/readyz", expected.ready), ("/health", expected.ready), ("/healthz", expected.ready),
            ("/v2/health/ready", expected.ready), ("/startupz", expected.started),
            ("/v2/models/a/ready", expected.model),
        ]
        for row in rows {
            #expect(try pools.status(row.path) == row.status, "\(comment): \(row.path)", sourceLocation: location)
        }
        let health = try pools.get("/health-check").text
        #expect(
            health.hasPrefix("{\"status\":\"\(expected.health)\""), "\(comment): \(health)", sourceLocation: location)
    }

    @Test func noWorkerIsNeverReady() throws {
        let pools = DrivenPools([DrivenPools.deployment()])
        try check(pools, Expected(health: "STARTING"), "loading")
        try pools.becomeReady()
        try check(pools, Expected(ready: 200, started: 200, model: 200, health: "READY"), "ready")
        try pools.exit()
        try check(pools, Expected(started: 200, health: "UNHEALTHY"), "its only worker has gone")
    }

    @Test func oneOfTwoIsEnoughOnlyWhereOneIs() throws {
        for minimum in [1, 2] {
            let pools = DrivenPools([
                DrivenPools.deployment(workers: 2) { $0.supervision.minimumReady = minimum }
            ])
            try check(pools, Expected(health: "STARTING"), "all loading")
            try pools.becomeReady(0)
            let partly = minimum == 1 ? 200 : 503
            try check(pools, Expected(ready: partly, started: partly, model: partly, health: "READY"), "1 of 2")
            try pools.becomeReady(1)
            try check(pools, Expected(ready: 200, started: 200, model: 200, health: "READY"), "2 of 2")
            try pools.exit(0)
            try check(pools, Expected(ready: partly, started: 200, model: partly, health: "READY"), "1 of 2 again")
            try pools.exit(1)
            try check(pools, Expected(started: 200, health: "UNHEALTHY"), "0 of 2")
        }
    }

    /// Overload never looks like death.
    @Test func allBusyChangesNothing() throws {
        let pools = DrivenPools([DrivenPools.deployment(workers: 2)])
        for place in 0..<2 { try pools.becomeReady(place) }
        let before = try pools.get("/v2/health/ready")
        for _ in 0..<2 { #expect(try pools.predict() == 202) }
        for _ in 0..<50 { #expect(try pools.predict() == 409) }
        try check(pools, Expected(ready: 200, started: 200, model: 200, health: "BUSY"), "all slots busy")
        #expect(try pools.get("/v2/health/ready") == before)
        #expect(try pools.get("/readyz").text.contains(#""slots":2,"busy":2"#))
    }

    @Test func drainingServerIsAliveAndNotReady() throws {
        let pools = DrivenPools([DrivenPools.deployment()])
        try pools.becomeReady()
        #expect(try pools.predict() == 202)
        pools.terminate()
        try check(pools, Expected(started: 200, health: "BUSY"), "draining, still accepting")
        #expect(try pools.get("/readyz").text.hasPrefix(#"{"status":"stopping""#))
        pools.wait(seconds: 6)
        #expect(try pools.predict() == 503)
        try check(pools, Expected(started: 200, health: "BUSY"), "draining, not accepting")
    }

    @Test func drainingBeforeTheStartIsNotStarted() throws {
        let pools = DrivenPools([DrivenPools.deployment()])
        pools.terminate()
        try check(pools, Expected(health: "STARTING"), "draining while loading")
    }

    /// One deployment decides for the server only where it is required.
    @Test func onlyRequiredDeploymentsCount() throws {
        for isRequired in [true, false] {
            let pools = DrivenPools([
                DrivenPools.deployment(), DrivenPools.deployment("b") { $0.supervision.isRequired = isRequired },
            ])
            try pools.becomeReady(0)
            let code = isRequired ? 503 : 200
            try check(pools, Expected(ready: code, started: code, model: 200, health: "READY"), "b loads")
            #expect(try pools.status("/v2/models/b/ready") == 503)
            #expect(
                try pools.get("/readyz").text.contains(#""required":\#(isRequired),"ready":0,"wanted":1,"min_ready":1"#)
            )
            try pools.becomeReady(0, of: "b")
            try check(pools, Expected(ready: 200, started: 200, model: 200, health: "READY"), "both")
            try pools.exit(0, of: "b")
            try check(pools, Expected(ready: code, started: 200, model: 200, health: "READY"), "b lost its worker")
        }
    }

    /// All of an empty set is true; a server of which nothing is required is ready all the same only with something.
    @Test func nothingRequiredIsNotReadyByThat() throws {
        let pools = DrivenPools(
            ["a", "b"].map { DrivenPools.deployment($0) { $0.supervision.isRequired = false } })
        try check(pools, Expected(health: "STARTING"), "none ready")
        try pools.becomeReady(0, of: "b")
        try check(pools, Expected(ready: 200, started: 200, health: "STARTING"), "b ready")
        try pools.exit(0, of: "b")
        try check(pools, Expected(started: 200, health: "STARTING"), "none ready again")
    }

    /// Deployments need not be ready at the same time for the start to be over.
    @Test func startNeedsEachOnce() throws {
        let pools = DrivenPools([DrivenPools.deployment(), DrivenPools.deployment("b")])
        try pools.becomeReady()
        try pools.exit()
        try check(pools, Expected(health: "UNHEALTHY"), "a was ready")
        #expect(
            try pools.get("/startupz").text.contains(#""b":{"state":"starting","required":true,"was_ready":false}"#))
        try pools.becomeReady(0, of: "b")
        try check(pools, Expected(started: 200, health: "UNHEALTHY"), "both were ready")
    }

    /// A deployment that was given up is as unready as its workers are few; its neighbour goes on.
    @Test func failedDeployment() throws {
        let pools = DrivenPools([DrivenPools.deployment(), DrivenPools.deployment("b")])
        try pools.becomeReady(0, of: "b")
        try pools.exit(0, .exited(78))
        try check(pools, Expected(health: "SETUP_FAILED"), "its configuration is wrong")
        #expect(try pools.get("/readyz").text.contains(#""a":{"status":"SETUP_FAILED","state":"failed""#))
        #expect(try pools.status("/v2/models/b/ready") == 200)
        #expect(!pools.isRunning(0))
    }

    @Test func crashLoop() throws {
        let pools = DrivenPools([DrivenPools.deployment()])
        try pools.becomeReady()
        for _ in 0...5 {
            try pools.exit()
            pools.wait(seconds: 8)
            guard pools.isRunning(0) else { break }
        }
        try check(pools, Expected(started: 200, health: "UNHEALTHY"), "given up")
        #expect(try pools.get("/readyz").text.contains(#""state":"failed""#))
        pools.wait(seconds: 301)
        try check(pools, Expected(started: 200, health: "UNHEALTHY"), "a try is loading")
        try pools.becomeReady()
        try check(pools, Expected(ready: 200, started: 200, model: 200, health: "READY"), "the try is ready")
    }

    /// What an operator does to one deployment counts as well: nobody shall be sent to it.
    @Test func orderedAway() throws {
        let rows: [(AdminCommand.Verb, state: String)] = [(.stop, "stopped"), (.drain, "draining")]
        for (verb, state) in rows {
            let pools = DrivenPools([DrivenPools.deployment()])
            try pools.becomeReady()
            #expect(try pools.predict() == 202)
            pools.command(verb, "a")
            let answer = try pools.get("/readyz")
            #expect(answer.status == 503)
            #expect(answer.text.contains("\"state\":\"\(state)\""), "\(answer.text)")
            #expect(try pools.status("/v2/models/a/ready") == 503)
            #expect(try pools.status("/livez") == 200)
            #expect(try pools.status("/startupz") == 200)
            #expect(try pools.predict() == 503)
        }
    }

    @Test func drainedDeploymentIsReadyAgainWhenStarted() throws {
        let pools = DrivenPools([DrivenPools.deployment()])
        try pools.becomeReady()
        pools.command(.drain, "a")
        #expect(try pools.status("/readyz") == 503)
        pools.command(.start, "a")
        try check(pools, Expected(ready: 200, started: 200, model: 200, health: "READY"), "started")
    }

    @Test func scaledToNothingIsNotReady() throws {
        let pools = DrivenPools([DrivenPools.deployment()])
        try pools.becomeReady()
        pools.command(.scale(workers: 0), "a")
        #expect(try pools.status("/readyz") == 503)
        #expect(try pools.get("/readyz").text.contains(#""ready":0,"wanted":0"#))
    }

    /// Ranks of one model: a part of them serves nobody.
    @Test func groupCountsOnlyWhole() throws {
        let pools = DrivenPools(
            ["a", "b"].map { DrivenPools.deployment($0) { $0.supervision.group = "ranks" } })
        try pools.becomeReady(0, of: "a")
        try check(pools, Expected(health: "STARTING"), "one rank of two")
        try pools.becomeReady(0, of: "b")
        try check(pools, Expected(ready: 200, started: 200, model: 200, health: "READY"), "both ranks")
        try pools.exit(0, of: "b")
        #expect(try pools.status("/readyz") == 503)
        #expect(try pools.status("/v2/models/a/ready") == 503)
    }

    @Test func unknownModelIsNotFound() throws {
        let pools = DrivenPools([DrivenPools.deployment()])
        for path in ["/v2/models/nobody", "/v2/models/nobody/ready"] {
            let answer = try pools.get(path)
            #expect(answer.status == 404)
            #expect(answer.text.contains("nobody"))
        }
        #expect(try pools.status("/v2/models") == 404)
        #expect(try pools.status("/v2/health") == 404)
    }

    @Test func bodiesAreThoseOfTheProtocol() throws {
        let pools = DrivenPools([DrivenPools.deployment()])
        #expect(try pools.get("/v2/health/live").text == #"{"live":true}"#)
        #expect(try pools.get("/v2/health/ready").text == #"{"ready":false}"#)
        #expect(try pools.get("/v2/models/a/ready").text == #"{"name":"a","ready":false}"#)
        #expect(
            try pools.get("/v2").text
                == #"{"name":"supervisor","version":"\#(ProductVersion.text)","extensions":[]}"#)
        #expect(
            try pools.get("/v2/models/a").text
                == #"{"name":"a","platform":"supervisor","versions":[],"inputs":[],"outputs":[]}"#)
    }
}
