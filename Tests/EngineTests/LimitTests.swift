import Engine
import SSE
import Testing
import WireProtocol

@Suite("Engine: caps")
struct LimitTests {
    static func limited(_ limits: PredictionLimits) -> RecordingRunner {
        RecordingRunner.ready(.testing { $0.deployments = [.testing { $0.limits = limits }] })
    }

    // MARK: Output

    @Test func theOutputCap() {
        let runner = Self.limited(PredictionLimits(output: 20, logs: 100, metrics: 100))
        let worker = runner.worker
        let client = runner.create("p")
        runner.say(worker, worker.started("p"), worker.output("p", "1234567890"), worker.output("p", "123456789"))
        #expect(!client.hasEnded, "19 bytes and a comma")
        runner.say(worker, worker.output("p", "1"))
        #expect(client.names == ["start", "output", "output", "completed"])
        let end = client.data("completed")
        #expect(end?["status"] == .string("failed"))
        #expect(end?["error"]?.stringValue?.contains("larger than 20 bytes") == true)
        #expect(end?["output"] == .array([.number("1234567890"), .number("123456789")]))
        #expect(worker.canceled == ["p"])
        #expect(runner.deployment.slots.freeCount == 0, "until the worker has ended it")
        #expect(runner.create("q").rejection == .atCapacity)
        // What it still says of the run is nobody's.
        runner.say(worker, worker.output("p", "2"), worker.log("p", "x"), worker.metric("p", "m", "1"))
        runner.say(worker, worker.done("p", .canceled))
        #expect(client.names.count == 4)
        #expect(runner.deployment.slots.freeCount == 1)
        #expect(runner.read("p")?["status"] == .string("failed"))
    }

    @Test func aWorkerThatDiesWithAnAbandonedRun() {
        let runner = Self.limited(PredictionLimits(output: 1, logs: 100, metrics: 100))
        let worker = runner.worker
        let client = runner.create("p")
        runner.say(worker, worker.started("p"), worker.output("p", "12"))
        #expect(client.names == ["start", "completed"])
        runner.exit(worker)
        #expect(client.names == ["start", "completed"])
        #expect(runner.engine.activeCount == 0)
    }

    // MARK: Logs

    @Test func theLogCap() {
        let runner = Self.limited(PredictionLimits(output: 100, logs: 10, metrics: 100))
        let worker = runner.worker
        let client = runner.create("p")
        runner.say(worker, worker.started("p"))
        for text in ["12345", "678", "9012345", "6", "7"] { runner.say(worker, worker.log("p", text)) }
        runner.say(worker, worker.done("p"))
        #expect(client.names.count { $0 == "log" } == 5, "the stream goes on")
        let logs = client.data("completed")?["logs"]?.stringValue ?? ""
        #expect(logs == "12345678[logs truncated at 10 bytes; the stream of log events goes on]\n")
    }

    @Test func logsOfAnyBytes() {
        let runner = RecordingRunner.ready()
        let worker = runner.worker
        let client = runner.create("p")
        runner.say(worker, worker.started("p"))
        let bytes: [UInt8] = [0x61, 0xFF, 0x22, 0x0D, 0x0A, 0xE2, 0x80, 0xA8, 0x00, 0xC2]
        runner.say(worker, .log(slot: 0, sequence: 1, LogText(.standardOutput, bytes)))
        runner.say(worker, .done(slot: 0, sequence: 2, .succeeded, isCollected: true))
        let text = "a\u{FFFD}\"\r\n\u{2028}\u{0}\u{FFFD}"
        #expect(client.data("log")?["data"]?.stringValue?.unicodeScalars.elementsEqual(text.unicodeScalars) == true)
        #expect(client.data("completed")?["logs"] == .string(text))
        #expect(client.reader.complaints == [])
        #expect(client.events.allSatisfy { !$0.data.unicodeScalars.contains("\u{2028}") })
    }

    // MARK: Metrics

    static let metrics: [(String, [(String, String, Metric.Mode)], String)] = [
        ("replace", [("a", "1", .replace), ("a", "\"x\"", .replace)], #"{"a":"x"}"#),
        ("replace keeps the digits", [("a", "1.0", .replace), ("b", "1e400", .replace)], #"{"a":1.0,"b":1e400}"#),
        ("null deletes", [("a", "1", .replace), ("a", "null", .replace)], "{}"),
        ("increment", [("a", "1", .increment), ("a", "2", .increment), ("a", "-5", .increment)], #"{"a":-2}"#),
        ("increment of fractions", [("a", "0.5", .increment), ("a", "1", .increment)], #"{"a":1.5}"#),
        (
            "increment beyond 64 bits", [("a", "9223372036854775807", .replace), ("a", "1", .increment)],
            #"{"a":9.223372036854776e+18}"#
        ),
        ("increment by what is no number", [("a", "1", .increment), ("a", "\"x\"", .increment)], #"{"a":1}"#),
        ("increment of what is no number", [("a", "\"x\"", .replace), ("a", "1", .increment)], #"{"a":"x"}"#),
        ("increment to infinity", [("a", "1e308", .replace), ("a", "1e308", .increment)], #"{"a":1e308}"#),
        ("append", [("a", "1", .append), ("a", "[2]", .append), ("a", "null", .append)], #"{"a":[1,[2],null]}"#),
        ("append to a list", [("a", "[1]", .replace), ("a", "2", .append)], #"{"a":[1,2]}"#),
        ("append to an empty list", [("a", "[ ]", .replace), ("a", "2", .append)], #"{"a":[2]}"#),
        ("append to a scalar", [("a", "1", .replace), ("a", "2", .append)], #"{"a":[1,2]}"#),
        (
            "dotted names", [("a.b", "1", .replace), ("a.c.d", "2", .increment), ("a.c.e", "3", .append)],
            #"{"a":{"b":1,"c":{"d":2,"e":[3]}}}"#
        ),
        ("a group takes the place of a value", [("a", "1", .replace), ("a.b", "2", .replace)], #"{"a":{"b":2}}"#),
        ("a value takes the place of a group", [("a.b", "1", .replace), ("a", "2", .replace)], #"{"a":2}"#),
        ("an emptied group goes", [("a.b", "1", .replace), ("a.b", "null", .replace)], "{}"),
        ("dots alone", [(".", "1", .replace), ("..", "2", .replace)], #"{"":{"":{"":2}}}"#),
    ]

    @Test(arguments: metrics.indices)
    func accumulation(_ index: Int) {
        let (name, records, expected) = Self.metrics[index]
        let runner = RecordingRunner.ready()
        let worker = runner.worker
        let client = runner.create("p", .wait)
        let reader = runner.subscribe("p")
        runner.say(worker, worker.started("p"))
        for (key, value, mode) in records { runner.say(worker, worker.metric("p", key, value, mode)) }
        let running = runner.read("p")?["metrics"].map { String(decoding: $0.bytes, as: UTF8.self) }
        #expect(running == expected, "\(name)")
        #expect(reader.names == ["start"] + records.map { _ in "metric" }, "as recorded, each one")
        runner.say(worker, worker.done("p"))
        #expect(client.document?["metrics"]?["predict_time"] != nil, "\(name)")
    }

    /// Each name weighs 128 bytes.
    @Test func theCapOfSetMetrics() {
        let runner = Self.limited(PredictionLimits(output: 100, logs: 1_000, metrics: 300))
        let worker = runner.worker
        let client = runner.create("p")
        runner.say(worker, worker.started("p"))
        let long = "\"" + String(repeating: "x", count: 300) + "\""
        runner.say(worker, worker.metric("p", "a", "1"), worker.metric("p", "g.b", "2"))
        for key in ["a", "c", "g.c", "g"] { runner.say(worker, worker.metric("p", key, long)) }
        runner.say(worker, worker.metric("p", "d", "3"))
        runner.say(worker, worker.metric("p", "a", "4"), worker.metric("p", "a", "5", .increment))
        runner.say(worker, worker.metric("p", "g.b", "null"), worker.metric("p", "d", "6"))
        runner.say(worker, worker.metric("p", "l", "7", .append), worker.done("p"))
        let metrics = client.data("completed")?["metrics"]
        #expect(metrics?["a"] == .number("9"), "what is no larger than what it replaces is taken")
        #expect(metrics?["c"] == nil)
        #expect(metrics?["g"] == nil, "deleted; neither its group nor its neighbour was taken")
        #expect(metrics?["d"] == .number("6"), "taken, once there was room again")
        #expect(metrics?["l"] == .array([.number("7")]), "lists have a cap of their own")
        #expect(client.names.count { $0 == "metric" } == 12, "the stream goes on")
        let logs = client.data("completed")?["logs"]?.stringValue ?? ""
        #expect(logs.contains("300 bytes") && logs.split(separator: "\n").count == 1, "said once: \(logs)")
    }

    @Test func theCapOfAppendedMetrics() {
        let runner = Self.limited(PredictionLimits(output: 100, logs: 1_000, metrics: 137))
        let worker = runner.worker
        let client = runner.create("p")
        runner.say(worker, worker.started("p"))
        for value in ["1234", "5678", "9", "\"x\""] { runner.say(worker, worker.metric("p", "a", value, .append)) }
        runner.say(worker, worker.metric("p", "b", "1"), worker.done("p"))
        let end = client.data("completed")
        #expect(end?["metrics"]?["a"] == .array([.number("1234"), .number("5678")]))
        #expect(end?["metrics"]?["b"] == .number("1"), "other modes go on")
        #expect(client.names.count { $0 == "metric" } == 5, "the stream goes on")
        let logs = end?["logs"]?.stringValue ?? ""
        #expect(logs.contains("137 bytes") && logs.split(separator: "\n").count == 1, "said once: \(logs)")
    }
}
