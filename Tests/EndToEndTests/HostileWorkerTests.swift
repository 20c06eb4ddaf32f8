import Testing
import WireProtocol

/// What a worker may do that it should not: it harms its own predictions, and nobody else.
struct HostileWorkerTests {
    /// A frame's header in hexadecimal: length, type, flags, slot 0, sequence.
    private static func header(_ length: String, _ type: String, flags: String = "00", sequence: String = "02")
        -> String
    {
        "\(length)\(type)\(flags)0000\(sequence)00000000000000"
    }

    private static let offences: [(name: String, hex: String, code: String)] = [
        ("text instead of frames", "547261636562616b3a0a0000547261636562616b3a0a", "unknownType"),
        ("a length of 4 GiB", header("ffffffff", "91"), "payloadTooLong"),
        ("a length above the limit", header("01000004", "91"), "payloadTooLong"),
        ("a type that does not exist", header("00000000", "7f"), "unknownType"),
        ("a flag that is not allowed", header("00000000", "94", flags: "04"), "forbiddenFlag"),
        ("a supervisor's type", header("00000000", "10"), "wrongDirection"),
        ("a second start", header("00000000", "90"), "wrongPhase"),
        ("a number left out", header("01000000", "91", sequence: "09") + "31", "wrongSequence"),
        ("a slot that is idle", "01000000910003000000000000000000" + "31", "slotIdle"),
        ("a slot that it does not have", "01000000910099090000000000000000" + "31", "wrongSlot"),
        ("an output without a byte", header("00000000", "91"), "badPayload"),
        ("an output that is no UTF-8", header("03000000", "91") + "22ff22", "badPayload"),
        ("a metric that is no object", header("02000000", "94") + "5b5d", "badPayload"),
        ("a readiness in the middle", "020000008300ffff" + "0000000000000000" + "7b7d", "wrongPhase"),
    ]

    /// A neighbour's stream and other requests go on; the offender is replaced and its readers are told why. So many
    /// offences in a row are allowed here.
    @Test func brokenFramesEndThatWorkerOnly() throws {
        let server = try RunningSupervisor(
            [
                TestDeployment(name: "good", members: #","default":true"#),
                TestDeployment(
                    name: "bad", members: #","restart":{"max_failures":100,"backoff":"100ms","max_backoff":"100ms"}"#),
            ], gates: ["next"])
        try server.waitUntilReady(2)
        let neighbour = try server.stream(
            "POST", "/predictions",
            #"{"input":{"do":[["emit",0],["gate","next"],["emit",1],["gate","next"],["emit",2]]}}"#)
        try neighbour.next { $0.name == "output" }
        for (name, hex, code) in Self.offences {
            let script = RunningSupervisor.script(#"["emit","before"]"#, #"["raw","\#(hex)"]"#, #"["gate","never"]"#)
            let stream = try server.stream("POST", "/bad/predictions", script)
            guard stream.head.status == 200 else { throw Failure("\(name): status \(stream.head.status)") }
            let events = try stream.all()
            #expect(events.map(\.name) == ["start", "output", "completed"], "\(name)")
            let error = events.last?.json?["error"]?.stringValue ?? ""
            #expect(error.contains(code), "\(name): \(error)")
            #expect(error.contains(" at byte "), "\(name): \(error)")
            #expect(events.last?.json?["status"]?.stringValue == "failed", "\(name)")
            #expect(try server.health("/good/health-check") == "READY")
            try server.waitForLog("\(name): the next worker") {
                $0.message.hasPrefix("worker ready") && $0.deployment == "bad"
            }
        }
        server.gate("next").open(2)
        #expect(try neighbour.all().map(\.name) == ["start", "output", "output", "output", "completed"])
    }

    @Test func halfAFrameAndDeathIsACrash() throws {
        let server = try RunningSupervisor()
        try server.waitUntilReady()
        let stream = try server.stream(
            "POST", "/predictions",
            RunningSupervisor.script(
                #"["emit","a"]"#, #"["raw","\#(Self.header("05000000", "91"))2261"]"#, #"["exit",1]"#))
        let events = try stream.all()
        #expect(events.map(\.name) == ["start", "output", "completed"])
        #expect(events.last?.json?["error"]?.stringValue == "Worker crashed: exit status 1")
        try server.waitUntilReady()
        #expect(try server.request("POST", "/predictions", "{}").status == 200)
    }

    /// The length is announced, the bytes never come: no memory is taken for them.
    @Test func announcedLengthCostsNothing() throws {
        let server = try RunningSupervisor([TestDeployment(), TestDeployment(name: "other")], gates: ["never"])
        try server.waitUntilReady(2)
        let before = try server.residentBytes()
        let stream = try server.stream(
            "POST", "/gen/predictions",
            RunningSupervisor.script(
                #"["emit","a"]"#, #"["raw","\#(Self.header("00000004", "91"))22"]"#, #"["gate","never"]"#))
        try stream.next { $0.name == "output" }
        #expect(try server.request("POST", "/other/predictions", "{}").status == 200)
        #expect(try server.residentBytes() - before < 8 << 20)
    }

    @Test func workerThatClosesItsPipeIsEnded() throws {
        let server = try RunningSupervisor(settings: #","shutdown":{"stop_grace":"1s"}"#, gates: ["never"])
        try server.waitUntilReady()
        let stream = try server.stream(
            "POST", "/predictions", RunningSupervisor.script(#"["emit","a"]"#, #"["close-pipe"]"#, #"["gate","never"]"#)
        )
        let events = try stream.all()
        #expect(events.map(\.name) == ["start", "output", "completed"])
        #expect(events.last?.json?["status"]?.stringValue == "failed")
        try server.waitUntilReady()
    }

    /// A worker that does not read its pipe gets no more predictions through; everybody else does.
    @Test func workerThatDoesNotReadHarmsNobodyElse() throws {
        let server = try RunningSupervisor(
            [TestDeployment(name: "good", members: #","default":true"#), TestDeployment(name: "deaf")],
            settings: #","limits":{"inline_payload":"16MiB"}"#, gates: ["next"])
        try server.waitUntilReady(2)
        let first = try server.stream(
            "POST", "/deaf/predictions",
            RunningSupervisor.script(#"["stop-reading"]"#, #"["emit","deaf"]"#, #"["gate","next"]"#))
        try first.next { $0.name == "output" }
        let blob = String(repeating: "x", count: 4 << 20)
        let accepted = try (0..<3).map { _ in
            try server.request(
                "POST", "/deaf/predictions", #"{"input":{"blob":"\#(blob)"}}"#,
                headers: [(name: "prefer", value: "respond-async")]
            ).status
        }
        #expect(accepted == [202, 202, 202])
        let neighbour = try server.stream("POST", "/predictions", RunningSupervisor.script(#"["burst",1000,100]"#))
        #expect(try neighbour.all().count == 1002)
        server.gate("next").open()
        #expect(try first.all().last?.json?["status"]?.stringValue == "succeeded")
    }

    @Test(arguments: ["garbage", "half", "huge", "exit"]) func badStartIsSaidAndTriedAgain(_ start: String) throws {
        let server = try RunningSupervisor([TestDeployment(start: start), TestDeployment(name: "good")])
        try server.waitUntilListening()
        let isReady = try server.waitForLog("the good one is ready") { $0.message.hasPrefix("worker ready") }
        #expect(isReady.deployment == "good")
        let stream = try server.stream("POST", "/good/predictions", "{}")
        #expect(try stream.all().last?.name == "completed")
        #expect(try server.health("/gen/health-check") != "READY")
        #expect(try server.request("POST", "/gen/predictions", "{}").status == 503)
        for _ in 0..<2 {
            try server.waitForLog("it is started again") {
                $0.message == "worker started" && $0.deployment == "gen"
            }
        }
    }

    /// Files of a worker's word are only taken from the spool.
    @Test func pathsOutsideOfTheSpoolAreNotTouched() throws {
        let server = try RunningSupervisor()
        try server.waitUntilReady()
        let victim = try server.directory.write("victim", "\"secret\"")
        for path in [victim, "\(server.stateDirectory)/../victim", "/etc/passwd", "victim", ""] {
            let answer = try server.request(
                "POST", "/predictions", RunningSupervisor.script(#"["spill-raw",\#(path.json),8]"#))
            let body = try JSONValue.parse(answer.body)
            #expect(body["status"]?.stringValue == "failed", "\(path): \(answer.text)")
            #expect(!answer.text.contains("secret"))
            try server.waitUntilReadyAgain()
        }
        for step in [#"["spill-link",\#(victim.json)]"#, #"["spill-fifo"]"#] {
            let answer = try server.request("POST", "/predictions", RunningSupervisor.script(step))
            #expect(try JSONValue.parse(answer.body)["status"]?.stringValue == "failed", "\(step): \(answer.text)")
            #expect(!answer.text.contains("secret"))
            try server.waitUntilReadyAgain()
        }
        #expect(TestDirectory.names(in: server.directory.path).contains("victim"))
        #expect(try server.request("POST", "/predictions", "{}").text.contains("succeeded"))
    }

    @Test func configurationThatTheManifestContradictsEndsTheStart() throws {
        let server = try RunningSupervisor([
            TestDeployment(manifest: TestDeployment.plain, members: #","streaming":true"#)
        ])
        let line = try server.waitForLog("the conflict") { $0.message.contains("streaming is true") }
        #expect(line.message.contains("streaming false"))
        #expect(try server.waitForEnd() == .exited(code: 78))
    }
}

extension RunningSupervisor {
    /// Waits until the default deployment takes predictions, at once or after a restart.
    func waitUntilReadyAgain() throws {
        let deadline = Deadline()
        while try health() != "READY", !deadline.isOver {}
    }
}
